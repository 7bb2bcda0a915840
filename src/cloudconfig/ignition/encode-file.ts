// SPDX-License-Identifier: Apache-2.0

import { gzipSync } from 'node:zlib';
import type { CloudFile } from '../cloud-config.js';
import { encodeDataUrl } from './data-url.js';
import type { IgnitionFile } from './schema.js';

/**
 * A file as cloud-config writes it: in place of what is there. What came packed or as base64 is packed where that
 * makes it smaller by a quarter; text stays readable.
 */
export function encodeFile(file: CloudFile): IgnitionFile {
  const bytes = Buffer.from(file.content, file.encoding === 'base64' ? 'base64' : 'utf8');
  const packed = file.encoding === 'base64' ? gzipSync(bytes, { level: 9 }) : bytes;
  const isPacked = packed.length < bytes.length * 0.75;
  const [user, group] = file.owner.split(':');
  return {
    path: file.path,
    overwrite: true,
    contents: isPacked
      ? { compression: 'gzip', source: `data:;base64,${packed.toString('base64')}` }
      : { source: encodeDataUrl(bytes) },
    mode: file.mode & 0o777,
    ...(user !== undefined && user !== '' && { user: ownerOf(user) }),
    ...(group !== undefined && { group: ownerOf(group) }),
  };
}

function ownerOf(text: string): NonNullable<IgnitionFile['user']> {
  return /^\d+$/.test(text) ? { id: Number(text) } : { name: text };
}
