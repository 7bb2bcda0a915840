// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { SnapshotSource } from '../../registry/index.js';
import { fail } from '../errors.js';
import { readRevision } from './read-revision.js';

const trailerBytes = 32;
/** A database consists of pages, whose size is a multiple of this. */
const unitBytes = 512;

export interface CheckedSnapshot extends SnapshotSource {
  readonly sizeBytes: number;
}

/**
 * Reads a snapshot of etcd from end to end: its size, the checksum that etcd ends it with, and what it holds.
 *
 * @throws `cli/damaged-snapshot`
 */
export async function checkSnapshot(path: string): Promise<CheckedSnapshot> {
  const refuse = (why: string, cause?: unknown) => fail('cli/damaged-snapshot', { path, why }, cause);
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw refuse(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`, error);
  });
  try {
    const { size } = await file.stat();
    if (size <= trailerBytes || size % unitBytes !== trailerBytes) {
      throw refuse(`its ${size} bytes are not a database and a checksum`);
    }
    const [whole, content] = [createHash('sha256'), createHash('sha256')];
    const piece = Buffer.alloc(1024 * 1024);
    let tail = Buffer.alloc(0);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw refuse('it became shorter while it was read');
      const read = piece.subarray(0, bytesRead);
      whole.update(read);
      content.update(read.subarray(0, Math.max(0, Math.min(bytesRead, size - trailerBytes - at))));
      tail = Buffer.concat([tail, read]).subarray(-trailerBytes);
      at += bytesRead;
    }
    if (!content.digest().equals(tail)) throw refuse('its checksum does not fit');
    const revision = await readRevision(file);
    if (revision === undefined) throw refuse('it is no database of etcd');
    return { path, sha256: whole.digest('hex'), revision, sizeBytes: size };
  } finally {
    await file.close();
  }
}
