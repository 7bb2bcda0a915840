// SPDX-License-Identifier: Apache-2.0

import { stored } from '../etcd/index.js';
import { alarmsKey, parseAlarms } from './alarms.js';
import { type AuthState, authKey, parseAuthState } from './auth-state.js';
import type { Backend, BackendView } from './backend.js';
import type { BucketContent } from './bolt/write-database.js';
import { encodeEtcdRecord } from './etcd-record.js';
import { compactKey } from './keyspace.js';
import { decodeLeaseKey, decodeNumber, leasePrefix, recordPrefix } from './record.js';
import { encodeRevisionKey } from './revision-key.js';
import { memberKey } from './store-identity.js';
import { type Entry, slicesOf } from './view-slices.js';

export interface SnapshotDeps {
  readonly backend: Backend;
  readonly view: BackendView;
  /** Up to this revision nothing is left in the view that nobody may read. */
  readonly forgottenRevision: number;
}

/**
 * The store as etcd 3.5 keeps it in its database, bucket for bucket. Members are left out, as whoever restores it makes
 * its own: 3.4 would let the old ones lie, and later releases take them for members.
 *
 * Sources: etcd-io/etcd server/storage/schema (3.6), server/mvcc/buckets, server/auth/store.go,
 * server/etcdserver/cindex, server/etcdserver/api/membership (3.5)
 */
export function snapshotBuckets(deps: SnapshotDeps): readonly BucketContent[] {
  const { view } = deps;
  const auth = parseAuthState(valueAt(view, authKey));
  const reached = { revision: 1 };
  return [
    few('alarm', () =>
      parseAlarms(valueAt(view, alarmsKey)).map((alarm) => entry(stored.encodeAlarm(alarm))),
    ),
    few('auth', () => authEntries(auth)),
    few('authRoles', () =>
      [...auth.roles].map(([name, permissions]) => entry(name, stored.encodeRole({ name, permissions }))),
    ),
    few('authUsers', () =>
      [...auth.users].map(([name, { secret, roles }]) =>
        entry(name, stored.encodeUser({ name, secret, hasPassword: secret !== '', roles })),
      ),
    ),
    few('cluster', () => []),
    { name: 'key', entries: () => recordEntries(deps, reached) },
    { name: 'lease', entries: () => leaseEntries(deps) },
    few('members', () => []),
    few('members_removed', () => []),
    few('meta', () => metaEntries(deps, reached.revision)),
  ];
}

async function* recordEntries(
  { backend, view }: SnapshotDeps,
  reached: { revision: number },
): AsyncGenerator<readonly Entry[]> {
  reached.revision = 1;
  for await (const slice of slicesOf(backend, view, ...rangeOf(recordPrefix))) {
    const records = slice.map(encodeEtcdRecord);
    reached.revision = records.at(-1)?.revision ?? reached.revision;
    yield records;
  }
}

async function* leaseEntries({ backend, view }: SnapshotDeps): AsyncGenerator<readonly Entry[]> {
  for await (const slice of slicesOf(backend, view, ...rangeOf(leasePrefix))) {
    yield slice.map(({ key, value }) => ({
      key: key.subarray(1),
      value: stored.encodeLease(decodeLeaseKey(key), decodeNumber(value)),
    }));
  }
}

/** As in etcd, nothing says that auth is off. */
function authEntries({ isEnabled, revision }: AuthState): readonly Entry[] {
  const enabled = isEnabled ? [entry('authEnabled', Uint8Array.of(1))] : [];
  return [...enabled, entry('authRevision', number(BigInt(revision)))];
}

/** A compaction that has not come to its end is gone on with by whoever opens the database. */
function metaEntries({ view, forgottenRevision }: SnapshotDeps, revision: number): readonly Entry[] {
  const compact = valueAt(view, compactKey);
  const compactRevision = compact === undefined ? undefined : decodeNumber(compact);
  const member = Buffer.from(valueAt(view, memberKey) ?? new Uint8Array(8)).readBigUInt64BE(0);
  const at = (name: string, done: number | undefined) =>
    done === undefined ? [] : [entry(name, encodeRevisionKey(done, 0, false))];
  const isForgotten = compactRevision !== undefined && compactRevision <= forgottenRevision;
  return [
    entry('confState', Buffer.from(`{"voters":[${member}],"auto_leave":false}`)),
    entry('consistent_index', number(BigInt(Math.max(revision, compactRevision ?? 0)))),
    ...at('finishedCompactRev', isForgotten ? compactRevision : undefined),
    ...at('scheduledCompactRev', compactRevision),
    entry('term', number(1n)),
  ];
}

function few(name: string, entries: () => readonly Entry[]): BucketContent {
  return {
    name,
    async *entries() {
      yield entries().toSorted((left, right) => Buffer.compare(left.key, right.key));
    },
  };
}

function entry(key: string | Uint8Array, value: Uint8Array = new Uint8Array(0)): Entry {
  return { key: typeof key === 'string' ? Buffer.from(key) : key, value };
}

function number(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function rangeOf(prefix: number): readonly [Uint8Array, Uint8Array] {
  return [Uint8Array.of(prefix), Uint8Array.of(prefix + 1)];
}

function valueAt(view: BackendView, key: Uint8Array): Uint8Array | undefined {
  const found: Uint8Array[] = [];
  view.scan(
    key,
    Buffer.concat([key, Uint8Array.of(0)]),
    (_, value) => found.push(Uint8Array.from(value)) === 0,
  );
  return found[0];
}
