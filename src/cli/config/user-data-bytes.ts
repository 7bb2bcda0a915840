// SPDX-License-Identifier: Apache-2.0

import { createReadStream } from 'node:fs';
import { maxUserDataBytes } from '../../cloudconfig/index.js';
import { fail } from '../errors.js';

/**
 * The bytes of a file or, for `-`, of standard input: at most one more than user-data may have, so that what is longer
 * is refused, however long it is. Throws Node's error.
 */
export async function readInput(path: string): Promise<Uint8Array> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { end: maxUserDataBytes });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxUserDataBytes) break;
  }
  return Buffer.concat(chunks);
}

/** As `readInput`, for the one file that a command is about. @throws `cli/user-data-missing` */
export async function readUserDataBytes(path: string): Promise<Uint8Array> {
  try {
    return await readInput(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw fail('cli/user-data-missing', { path, why }, error);
  }
}
