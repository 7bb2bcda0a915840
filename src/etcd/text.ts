// SPDX-License-Identifier: Apache-2.0

import type { KeyRange } from './kv.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A key or value made of text: its UTF-8 bytes. */
export function keyOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of a key or value; what is no UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** All keys that begin with `text`; with the empty text, all keys there are. */
export function prefixRange(text: string): Required<KeyRange> {
  const key = keyOf(text);
  if (key.length === 0) return { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  return { key, rangeEnd: endOfPrefix(key) };
}

/** The least key above every key that begins with `prefix`; one zero byte, "to the end", when there is none. */
function endOfPrefix(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return Uint8Array.of(0);
  const end = prefix.slice(0, last + 1);
  end[last] = (prefix[last] ?? 0) + 1;
  return end;
}
