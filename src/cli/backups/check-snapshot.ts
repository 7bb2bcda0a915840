// SPDX-License-Identifier: Apache-2.0

import { withFileBytes } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import type { SnapshotSource } from '../../registry/index.js';
import { verifySnapshot } from '../../store/index.js';
import { fail } from '../errors.js';

export interface CheckedSnapshot extends SnapshotSource {
  readonly sizeBytes: number;
}

/**
 * Reads a snapshot of etcd from end to end: the checksum that etcd ends it with, and each entry that it holds.
 *
 * @throws `cli/damaged-snapshot`
 */
export async function checkSnapshot(path: string): Promise<CheckedSnapshot> {
  try {
    const { sha256, revision, sizeBytes } = await withFileBytes(path, verifySnapshot);
    return { path, sha256, revision, sizeBytes };
  } catch (error) {
    throw fail('cli/damaged-snapshot', { path, why: reasonOf(error) }, error);
  }
}

function reasonOf(error: unknown): string {
  if (isMusterError(error, 'store/snapshot-invalid')) return String(error.details.reason);
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
}
