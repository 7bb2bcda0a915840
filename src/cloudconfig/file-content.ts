// SPDX-License-Identifier: Apache-2.0

import { gunzipSync } from 'node:zlib';
import { quoteValue } from '../spec/index.js';
import type { Gunzip } from './section.js';

/** How the content of a file may be packed, all spellings. */
export const encodings = [
  'base64',
  'b64',
  'gz',
  'gzip',
  'gz+base64',
  'gzip+base64',
  'gz+b64',
  'gzip+b64',
] as const;

export type FileEncoding = (typeof encodings)[number];

export type DecodedContent =
  | { readonly kind: 'ok'; readonly content: string; readonly encoding: 'utf8' | 'base64' }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string };

/** Largest file after unpacking. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Unpacks a file's content. What was packed comes back as base64 without line breaks, whatever it holds, so that
 * no variable is ever seen in it.
 */
export function decodeContent(
  content: string,
  encoding: FileEncoding | undefined,
  gunzip: Gunzip = ownGunzip,
): DecodedContent {
  if (encoding === undefined) return { kind: 'ok', content, encoding: 'utf8' };
  const bytes = encoding.endsWith('64') ? decodeBase64(content) : Buffer.from(content, 'latin1');
  if (bytes === undefined)
    return fail(encoding, 'write base64: letters, digits, "+" and "/", padded with "="');
  if (!encoding.startsWith('gz'))
    return { kind: 'ok', content: bytes.toString('base64'), encoding: 'base64' };
  const unpacked = unpack(bytes, gunzip);
  if (unpacked === undefined)
    return fail(encoding, 'write what "gzip | base64" prints, up to 16 MiB unpacked');
  return { kind: 'ok', content: unpacked.toString('base64'), encoding: 'base64' };
}

function fail(encoding: FileEncoding, hint: string): DecodedContent {
  return { kind: 'bad', message: `the content cannot be decoded as ${quoteValue(encoding)}`, hint };
}

function ownGunzip(bytes: Uint8Array, most: number): Uint8Array {
  return gunzipSync(bytes, { maxOutputLength: most });
}

function unpack(bytes: Buffer, gunzip: Gunzip): Buffer | undefined {
  try {
    const unpacked = gunzip(bytes, maxBytes);
    return unpacked === undefined || unpacked.length > maxBytes ? undefined : Buffer.from(unpacked);
  } catch {
    return undefined;
  }
}

function decodeBase64(text: string): Buffer | undefined {
  const packed = text.replace(/\s/g, '');
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  return isBase64 ? Buffer.from(packed, 'base64') : undefined;
}
