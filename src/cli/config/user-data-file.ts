// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { fail } from '../errors.js';
import { gunzip } from '../gunzip.js';

const maxBytes = 16 * 1024 * 1024;

/**
 * User-data as it is served: the text of a file or, for `-`, of standard input, unpacked when it is gzip.
 *
 * @throws `cli/user-data-missing`
 */
export async function readUserDataFile(path: string): Promise<string> {
  try {
    const bytes = await (path === '-' ? readInput() : readFile(path));
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(isPacked ? gunzip(bytes, maxBytes) : bytes);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw fail('cli/user-data-missing', { path, why }, error);
  }
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}
