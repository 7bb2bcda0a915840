// SPDX-License-Identifier: Apache-2.0

import { crc32c } from '../etcd/index.js';
import type { Backend, BackendView } from './backend.js';
import { type EtcdRecord, encodeEtcdRecord } from './etcd-record.js';
import { keyText } from './key.js';
import { encodeRecordKey } from './record.js';
import { type SnapshotDeps, snapshotBuckets } from './snapshot-buckets.js';
import { type Entry, slicesOf } from './view-slices.js';

/**
 * etcd's hash of its whole database, of the one that a snapshot would be. Members, which etcd has in it, are not.
 * Source: etcd-io/etcd server/mvcc/backend/backend.go (3.5)
 */
export async function hashOfAll(deps: SnapshotDeps): Promise<number> {
  let hash = 0;
  for (const { name, entries } of snapshotBuckets(deps)) {
    hash = crc32c(Buffer.from(name), hash);
    for await (const slice of entries()) {
      for (const entry of slice) if (!isOfLog(name, entry)) hash = addEntry(hash, entry);
    }
  }
  return hash;
}

/** Both count calls that change nothing as well. */
function isOfLog(bucket: string, { key }: Entry): boolean {
  return bucket === 'meta' && ['consistent_index', 'term'].includes(keyText(key));
}

export interface HashedSpan {
  readonly compactRevision: number;
  /** The last one that counts. */
  readonly revision: number;
}

/**
 * etcd's hash of all writes that are kept at a revision: those after the compaction, and of those before it the ones
 * that still hold. Everything that may be forgotten has to be.
 * Source: etcd-io/etcd server/mvcc/hash.go, key_index.go (3.5)
 */
export async function hashOfRecords(backend: Backend, view: BackendView, span: HashedSpan): Promise<number> {
  const { compactRevision, revision } = span;
  const recent = () => recordsOf(backend, view, compactRevision + 1, revision);
  const isDeletedByKey = new Map<string, boolean>();
  const old = { count: 0, all: bucketHash, kept: bucketHash };
  // Nothing was compacted, nothing is old.
  if (compactRevision >= 0) {
    for await (const { name, isDelete } of recent()) isDeletedByKey.set(keyText(name), isDelete);
    for await (const record of recordsOf(backend, view, 0, compactRevision)) {
      // Releases differ in whether they keep the delete at the very revision of the compaction.
      if (record.isDelete) continue;
      old.all = addEntry(old.all, record);
      if (isDeletedByKey.has(keyText(record.name))) continue;
      old.kept = addEntry(old.kept, record);
      old.count += 1;
    }
  }
  // Where no key is left at all, etcd leaves nothing out.
  const isAnyLeft = old.count > 0 || [...isDeletedByKey.values()].includes(false);
  let hash = isAnyLeft ? old.kept : old.all;
  for await (const record of recent()) hash = addEntry(hash, record);
  return hash;
}

const bucketHash = crc32c(Buffer.from('key'));

async function* recordsOf(
  backend: Backend,
  view: BackendView,
  from: number,
  to: number,
): AsyncGenerator<EtcdRecord> {
  const slices = slicesOf(backend, view, encodeRecordKey(from, 0), encodeRecordKey(to + 1, 0));
  for await (const slice of slices) for (const entry of slice) yield encodeEtcdRecord(entry);
}

function addEntry(hash: number, { key, value }: Entry): number {
  return crc32c(value, crc32c(key, hash));
}
