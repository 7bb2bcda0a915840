// SPDX-License-Identifier: Apache-2.0

import type { ByteSource, Random } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import { authKey, encodeAuthState, type Role, type User } from './auth-state.js';
import type { Backend, Write } from './backend.js';
import { fail } from './errors.js';
import { compactKey } from './keyspace.js';
import { readSnapshot, type SnapshotFacts, type SnapshotOptions } from './read-snapshot.js';
import { encodeLeaseKey, encodeNumber, encodeRecord, encodeRecordKey } from './record.js';
import type { SnapshotItem } from './snapshot-item.js';
import { openIdentity } from './store-identity.js';
import { encodeStored } from './stored-json.js';
import { verifyStore } from './verify-store.js';

const batchBytes = 4 * 1024 * 1024;

/**
 * Makes a new store folder of a snapshot, of etcd 3.4 to 3.6 or of an embedded store. All of it is checked, sum and
 * content, before the folder gets its name, so that after a failure nothing is there. Its IDs are new, as etcd has it,
 * so that clients do not take the restored store, whose revisions may be behind, for the one they knew.
 *
 * @throws `store/snapshot-invalid`, `store/folder-not-empty`, `store/folder-unusable`, `store/disk-full`
 */
export async function restoreSnapshot(
  deps: { readonly random: Random },
  source: ByteSource,
  folder: string,
  options: SnapshotOptions = {},
): Promise<SnapshotFacts> {
  const { buildFolder } = await import('./lmdb-backend.js');
  const done: { facts?: SnapshotFacts } = {};
  await buildFolder(folder, async (backend) => {
    done.facts = await fillFrom(deps.random, source, backend, options);
  });
  if (done.facts === undefined) throw new Error('restored nothing');
  return done.facts;
}

/** What comes in several entries and is kept as one. */
interface Gathered {
  readonly users: Map<string, User>;
  readonly roles: Map<string, Role>;
  isAuthEnabled: boolean;
  authRevision: number;
  compactRevision: number;
}

/** Fills an empty backend. */
export async function fillFrom(
  random: Random,
  source: ByteSource,
  backend: Backend,
  options: SnapshotOptions,
): Promise<SnapshotFacts> {
  await openIdentity(backend, random);
  const gathered: Gathered = {
    users: new Map(),
    roles: new Map(),
    isAuthEnabled: false,
    authRevision: 1,
    compactRevision: -1,
  };
  const batch: { writes: Write[]; bytes: number } = { writes: [], bytes: 0 };
  const flush = async () => {
    const { writes } = batch;
    batch.writes = [];
    batch.bytes = 0;
    if (writes.length > 0) await backend.commit(writes);
  };
  const facts = await readSnapshot(source, options, async (items) => {
    for (const item of items) {
      const write = writeOf(gathered, item);
      if (write === undefined) continue;
      batch.writes.push(write);
      batch.bytes += write.key.length + write.value.length;
      if (batch.bytes >= batchBytes) await flush();
    }
  });
  batch.writes.push(...writesOf(gathered));
  await flush();
  await checkContent(backend, facts);
  return facts;
}

type Put = Extract<Write, { readonly kind: 'put' }>;

function writeOf(gathered: Gathered, item: SnapshotItem): Put | undefined {
  switch (item.kind) {
    case 'record':
      return {
        kind: 'put',
        key: encodeRecordKey(item.revision, item.sub),
        value: encodeRecord(item.record),
      };
    case 'lease':
      return { kind: 'put', key: encodeLeaseKey(item.lease.id), value: encodeNumber(item.lease.ttlSeconds) };
    case 'compacted':
      gathered.compactRevision = Math.max(gathered.compactRevision, item.revision);
      return undefined;
    case 'auth-enabled':
      gathered.isAuthEnabled = item.isEnabled;
      return undefined;
    case 'auth-revision':
      gathered.authRevision = item.revision;
      return undefined;
    case 'user':
      gathered.users.set(item.user.name, { secret: item.user.secret, roles: item.user.roles });
      return undefined;
    case 'role':
      gathered.roles.set(item.role.name, item.role.permissions);
      return undefined;
  }
}

function writesOf({ users, roles, isAuthEnabled, authRevision, compactRevision }: Gathered): readonly Put[] {
  const auth = encodeAuthState({ isEnabled: isAuthEnabled, revision: authRevision, users, roles });
  const writes: Put[] = [{ kind: 'put', key: authKey, value: encodeStored(auth) }];
  if (compactRevision < 0) return writes;
  return [...writes, { kind: 'put', key: compactKey, value: encodeNumber(compactRevision) }];
}

async function checkContent(backend: Backend, facts: SnapshotFacts): Promise<void> {
  try {
    const { revision } = await verifyStore(backend);
    if (revision !== facts.revision)
      throw new Error(`it ends at revision ${revision}, not ${facts.revision}`);
  } catch (error) {
    if (isMusterError(error)) throw error;
    throw fail('store/snapshot-invalid', { reason: error instanceof Error ? error.message : String(error) });
  }
}
