// SPDX-License-Identifier: Apache-2.0

import type { Random } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import { alarmsKey } from './alarms.js';
import type { Backend, Write } from './backend.js';
import { fail } from './errors.js';
import { readSnapshot, type SnapshotFacts } from './read-snapshot.js';
import { clusterKey, memberKey, openIdentity } from './store-identity.js';
import { verifyStore } from './verify-store.js';
import type { Entry } from './view-slices.js';

export interface RestoreOptions {
  /**
   * Keep cluster and member id. When left out they are minted anew, as etcd does, so that clients do not take the
   * restored store, whose revisions may be behind, for the one they knew.
   */
  readonly keepsIds?: boolean;
}

const batchBytes = 4 * 1024 * 1024;

/**
 * Makes a new store folder of a snapshot file. All of it is checked, sum and content, before the folder gets its
 * name, so that after a failure nothing is there.
 *
 * @param pieces the bytes of the file in order, in pieces of any size
 * @throws `store/snapshot-invalid`, `store/folder-not-empty`, `store/folder-unusable`, `store/disk-full`
 */
export async function restoreSnapshot(
  deps: { readonly random: Random },
  pieces: AsyncIterable<Uint8Array>,
  folder: string,
  options: RestoreOptions = {},
): Promise<SnapshotFacts> {
  const { buildFolder } = await import('./lmdb-backend.js');
  const done: { facts?: SnapshotFacts } = {};
  await buildFolder(folder, async (backend) => {
    done.facts = await fillFrom(deps.random, pieces, backend, options);
  });
  if (done.facts === undefined) throw new Error('restored nothing');
  return done.facts;
}

/** Fills an empty backend. */
export async function fillFrom(
  random: Random,
  pieces: AsyncIterable<Uint8Array>,
  backend: Backend,
  options: RestoreOptions,
): Promise<SnapshotFacts> {
  const batch: { writes: Write[]; bytes: number } = { writes: [], bytes: 0 };
  const flush = async () => {
    const { writes } = batch;
    batch.writes = [];
    batch.bytes = 0;
    if (writes.length > 0) await backend.commit(writes);
  };
  const facts = await readSnapshot(pieces, async ({ key, value }: Entry) => {
    batch.writes.push({ kind: 'put', key, value });
    batch.bytes += key.length + value.length;
    if (batch.bytes >= batchBytes) await flush();
  });
  await flush();
  if (options.keepsIds !== true) await mintAnew(random, backend);
  await checkContent(random, backend, facts);
  return facts;
}

/** An alarm names the member that raised it. */
function mintAnew(random: Random, backend: Backend): Promise<void> {
  return backend.commit([
    { kind: 'put', key: clusterKey, value: random.bytes(8) },
    { kind: 'put', key: memberKey, value: random.bytes(8) },
    { kind: 'remove', key: alarmsKey },
  ]);
}

async function checkContent(random: Random, backend: Backend, facts: SnapshotFacts): Promise<void> {
  try {
    await openIdentity(backend, random);
    const { revision } = await verifyStore(backend);
    if (revision !== facts.revision)
      throw new Error(`it ends at revision ${revision}, not ${facts.revision}`);
  } catch (error) {
    if (isMusterError(error)) throw error;
    throw fail('store/snapshot-invalid', { reason: error instanceof Error ? error.message : String(error) });
  }
}
