// SPDX-License-Identifier: Apache-2.0

import { gunzipSync } from 'node:zlib';
import { decodeDataUrl, textOfBytes } from './data-url.js';
import type { IgnitionFile } from './schema.js';

/** Largest file after unpacking, as for files of a cloud-config. */
const maxBytes = 16 * 1024 * 1024;

/** What a file is filled with; `undefined` when it is fetched from elsewhere, or does not unpack. */
export function bytesOfFile(file: IgnitionFile): Uint8Array | undefined {
  const { source = '', compression = '' } = file.contents ?? {};
  if (source === '') return new Uint8Array();
  const bytes = decodeDataUrl(source);
  return bytes === undefined || compression === '' ? bytes : unpack(bytes);
}

/**
 * The text of a file with all that is added to it; empty for what is no UTF-8, is packed, or comes from elsewhere:
 * nothing is looked for in there.
 */
export function textOfFile(file: IgnitionFile): string {
  const parts = [file.contents ?? {}, ...(file.append ?? [])];
  return parts
    .map(({ source = '', compression = '' }) => {
      const bytes = compression === '' ? decodeDataUrl(source) : undefined;
      return (bytes === undefined ? undefined : textOfBytes(bytes)) ?? '';
    })
    .join('');
}

function unpack(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch {
    return undefined;
  }
}
