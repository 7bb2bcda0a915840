// SPDX-License-Identifier: Apache-2.0

import { rm } from 'node:fs/promises';
import { connect } from '../../etcd/index.js';
import { saveSnapshot } from '../cluster-snapshots.js';
import { fail } from '../errors.js';
import { type CheckedSnapshot, checkSnapshot } from './check-snapshot.js';

const answerLimitMs = 3_000;

/**
 * Takes a backup from the first voter that a quorum stands behind, and reads it back from the disk. What a member without
 * quorum holds may be old, and is no backup.
 *
 * @throws `cli/no-quorum-to-save`, `cli/damaged-snapshot`, `cli/bad-snapshot`
 */
export async function takeBackup(folder: string, endpoints: readonly string[]): Promise<CheckedSnapshot> {
  const clients = endpoints.map((endpoint) => connect([endpoint], { timeoutMs: answerLimitMs }));
  try {
    const asked = clients.map(async (client) => {
      if ((await client.status()).isLearner) throw new Error('it is a learner');
      await client.range({ key: new Uint8Array([0]), countOnly: true });
      return client;
    });
    const member = await Promise.any(asked).catch((error: unknown) => {
      throw fail('cli/no-quorum-to-save', { why: reasonOf(error) }, error);
    });
    const { path } = await saveSnapshot(folder, member);
    try {
      return await checkSnapshot(path);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

function reasonOf(error: unknown): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const texts = errors.map((one) => (one instanceof Error ? one.message : String(one)));
  return texts.length === 0 ? 'there is nobody to ask' : [...new Set(texts)].join('; ');
}
