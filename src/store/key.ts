// SPDX-License-Identifier: Apache-2.0

import type { KeyRange } from '../etcd/index.js';

/** A half-open interval of keys as text; `to` undefined: to the end. */
export interface Span {
  readonly from: string;
  readonly to: string | undefined;
  /** Holds the one key `from`. */
  readonly isPoint: boolean;
}

/**
 * A key as text, one character for each byte (latin1). Its order is the byte order, comparing it is fast, and it
 * may be the key of a Map; a copy, so the caller may reuse its buffer.
 */
export function keyText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Reads etcd's three forms: a single key, [key, end), and an end of one zero byte for "to the end". */
export function spanOf(range: KeyRange): Span {
  const from = keyText(range.key);
  const end = range.rangeEnd;
  if (end === undefined || end.length === 0) return { from, to: `${from}\0`, isPoint: true };
  if (end.length === 1 && end[0] === 0) return { from, to: undefined, isPoint: false };
  return { from, to: keyText(end), isPoint: false };
}

export function spanHas(span: Span, key: string): boolean {
  if (span.isPoint) return key === span.from;
  return key >= span.from && (span.to === undefined || key < span.to);
}
