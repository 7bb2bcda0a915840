// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that may be read from any place, as those of a file. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** So many bytes, fewer only at the end. */
  read(offsetBytes: number, lengthBytes: number): Promise<Buffer>;
}

/** Reads a file; one that is missing or no file is thrown as Node's error. Ends with the `use` of it. */
export async function withFileBytes<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await use({ sizeBytes: size, read: (offset, length) => readFully(file, offset, length) });
  } finally {
    await file.close();
  }
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
