// SPDX-License-Identifier: Apache-2.0

import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { Issue } from '../model/index.js';
import type { UserDataDeps } from './user-data.js';

export type DecodedUserData =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/** Largest user-data, unpacked. */
export const maxUserDataBytes = 1024 * 1024;

/**
 * Turns the bytes of user-data into text: gzip is unpacked, whatever is in it. Never throws. What is larger than
 * 1 MiB, no UTF-8, or holds zero bytes is refused; no more than that is ever unpacked.
 */
export function decodeUserData(bytes: Uint8Array, deps: UserDataDeps = {}): DecodedUserData {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isPacked ? unpack(bytes, deps) : bytes;
  if (plain === undefined)
    return refuse(
      'size',
      'this gzip is damaged, or larger than 1 MiB unpacked',
      'pack it anew, or make it smaller',
    );
  if (plain.length > maxUserDataBytes)
    return refuse('size', 'this is larger than 1 MiB', 'fetch large files from elsewhere, with a unit');
  return decodeText(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength));
}

function unpack(bytes: Uint8Array, deps: UserDataDeps): Uint8Array | undefined {
  const gunzip = deps.gunzip ?? ((packed, most) => gunzipSync(packed, { maxOutputLength: most }));
  try {
    return gunzip(bytes, maxUserDataBytes);
  } catch {
    return undefined;
  }
}

function decodeText(bytes: Buffer): DecodedUserData {
  const text = bytes.toString('utf8');
  const zero = text.indexOf('\0');
  if (zero >= 0)
    return refuse('encoding', 'this holds a zero byte', 'save it as text, in UTF-8', placeAt(text, zero));
  if (isUtf8(bytes)) return { kind: 'text', text };
  const again = Buffer.from(text);
  const wrong = again.findIndex((byte, index) => byte !== bytes[index]);
  const before = bytes.subarray(0, wrong).toString('utf8');
  return refuse('encoding', 'this is no UTF-8', 'save it in UTF-8', placeAt(before, before.length));
}

/** 1-based line and column of an offset. */
export function placeAt(text: string, offset: number): Pick<Issue, 'line' | 'column'> {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function refuse(
  rule: string,
  message: string,
  hint: string,
  place: Pick<Issue, 'line' | 'column'> = { line: 1, column: 1 },
): DecodedUserData {
  return { kind: 'bad', issues: [{ severity: 'error', rule, path: '', ...place, message, hint }] };
}
