// SPDX-License-Identifier: Apache-2.0

import type { KeyValue } from '../etcd/index.js';
import { invariant, type LeaseId, revision } from '../model/index.js';
import type { Backend } from './backend.js';
import { keyBytes, keyText } from './key.js';
import { type History, type KeyIndex, type KeyVersion, keyIndex } from './key-index.js';
import {
  decodeLeaseKey,
  decodeNumber,
  decodeRecord,
  decodeRecordKey,
  encodeRecordKey,
  leasePrefix,
  metaKey,
  metaPrefix,
  recordPrefix,
  type StoredRecord,
} from './record.js';

export interface Position {
  revision: number;
  /** The oldest readable revision; -1: nothing was compacted yet. */
  compactRevision: number;
}

/**
 * The multi-version key space: an index in memory over values in the backend, at two positions. Writes are
 * decided at `head`; `durable` follows when they are on disk. Readers and watchers see `durable` alone, so
 * nothing is ever shown that a crash could take back, and every acknowledged write is seen.
 */
export interface Keyspace {
  readonly backend: Backend;
  readonly index: KeyIndex;
  readonly head: Position;
  readonly durable: Position;
}

export interface StoredLease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
}

export const compactKey = metaKey('compact');
const emptyValue = new Uint8Array(0);

/** Reads every record once to build the index. Throws a plain `Error` on bytes that muster did not write. */
export function loadKeyspace(backend: Backend): Keyspace {
  const counted = { entries: 0 };
  for (const prefix of [metaPrefix, leasePrefix]) {
    eachOf(backend, prefix, () => {
      counted.entries += 1;
    });
  }
  const compact = backend.get(compactKey);
  const compactRevision = compact === undefined ? -1 : decodeNumber(compact);
  const histories = new Map<string, History>();
  const progress = { revision: Math.max(1, compactRevision) };
  eachOf(backend, recordPrefix, (recordKey, value) => {
    const { revision, sub } = decodeRecordKey(recordKey);
    const { key, createRevision, version, lease } = decodeRecord(value);
    const name = keyText(key);
    const written = { revision, sub, createRevision, version, lease, record: undefined };
    const history = histories.get(name);
    if (history === undefined) histories.set(name, [written]);
    else history.push(written);
    progress.revision = revision;
    counted.entries += 1;
  });
  const missing = backend.entryCount() - counted.entries;
  if (missing !== 0) throw new Error(`${missing} of ${backend.entryCount()} entries cannot be found`);
  const position = { revision: Math.max(progress.revision, compactRevision), compactRevision };
  return { backend, index: keyIndex(histories), head: { ...position }, durable: { ...position } };
}

export function loadLeases(backend: Backend): readonly StoredLease[] {
  const leases: StoredLease[] = [];
  eachOf(backend, leasePrefix, (key, value) => {
    leases.push({ id: decodeLeaseKey(key), ttlSeconds: decodeNumber(value) });
  });
  return leases;
}

export function loadRecord(space: Keyspace, version: KeyVersion): StoredRecord {
  const bytes = version.record ?? space.backend.get(encodeRecordKey(version.revision, version.sub));
  invariant(bytes !== undefined, `no record for revision ${version.revision}.${version.sub}`);
  return decodeRecord(bytes);
}

export function loadKeyValue(space: Keyspace, version: KeyVersion): KeyValue {
  const record = loadRecord(space, version);
  return keyValueOf(record.key, record.value, version);
}

/** Without touching the backend; the value is left empty. */
export function keyOnly(key: string, version: KeyVersion): KeyValue {
  return keyValueOf(keyBytes(key), emptyValue, version);
}

function keyValueOf(key: Uint8Array, value: Uint8Array, version: KeyVersion): KeyValue {
  return {
    key,
    value,
    createRevision: revision(version.createRevision),
    modRevision: revision(version.revision),
    version: version.version,
    lease: version.lease,
  };
}

function eachOf(backend: Backend, prefix: number, visit: (key: Uint8Array, value: Uint8Array) => void): void {
  backend.scan(Uint8Array.of(prefix), Uint8Array.of(prefix + 1), (key, value) => {
    visit(key, value);
    return true;
  });
}
