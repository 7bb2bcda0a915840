// SPDX-License-Identifier: Apache-2.0

import { type StoredRole, type StoredUser, stored } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import type { StoredLease } from './keyspace.js';
import type { StoredRecord } from './record.js';
import { decodeRevisionKey } from './revision-key.js';
import type { Entry } from './view-slices.js';

/** What a snapshot of etcd holds that an embedded store has, too. */
export type SnapshotItem =
  | {
      readonly kind: 'record';
      readonly revision: number;
      readonly sub: number;
      readonly record: StoredRecord;
    }
  | { readonly kind: 'lease'; readonly lease: StoredLease }
  | { readonly kind: 'compacted'; readonly revision: number }
  | { readonly kind: 'auth-enabled'; readonly isEnabled: boolean }
  | { readonly kind: 'auth-revision'; readonly revision: number }
  | { readonly kind: 'user'; readonly user: StoredUser }
  | { readonly kind: 'role'; readonly role: StoredRole };

const noLease = leaseId(0n);
const empty = new Uint8Array(0);

/**
 * An entry of a bucket; `undefined` for what a new store makes for itself: members, indexes of the log, alarms. Throws
 * an error that says what is wrong.
 */
export function parseItem(bucket: string, { key, value }: Entry): SnapshotItem | undefined {
  switch (bucket) {
    case 'key':
      return parseRecord(key, value);
    case 'lease':
      return parseLease(value);
    case 'authUsers':
      return { kind: 'user', user: stored.decodeUser(value) };
    case 'authRoles':
      return { kind: 'role', role: stored.decodeRole(value) };
    case 'auth':
    case 'meta':
      return parseSetting(`${bucket}/${Buffer.from(key).toString('latin1')}`, value);
    default:
      return undefined;
  }
}

function parseRecord(key: Uint8Array, value: Uint8Array): SnapshotItem | undefined {
  const { revision, sub, isDelete } = decodeRevisionKey(key);
  const kv = stored.decodeKeyValue(value);
  // What `snapshot restore --bump-revision` leaves: it only raises the revision, together with a compaction there.
  if (kv.key.length === 0) return { kind: 'compacted', revision };
  if (!isDelete && kv.modRevision !== revision) {
    throw new Error(`the write in revision ${revision}.${sub} says that it is of revision ${kv.modRevision}`);
  }
  const record: StoredRecord = isDelete
    ? { isDelete, createRevision: 0, version: 0, lease: noLease, key: kv.key, value: empty }
    : { isDelete, ...kv };
  return { kind: 'record', revision, sub, record };
}

function parseLease(value: Uint8Array): SnapshotItem {
  const { id, ttlSeconds } = stored.decodeLease(value);
  if (!(ttlSeconds >= 0)) throw new Error(`lease ${id.toString(16)} has a time of ${ttlSeconds} s`);
  return { kind: 'lease', lease: { id: leaseId(id), ttlSeconds } };
}

function parseSetting(name: string, value: Uint8Array): SnapshotItem | undefined {
  switch (name) {
    case 'meta/finishedCompactRev':
    case 'meta/scheduledCompactRev':
      return { kind: 'compacted', revision: decodeRevisionKey(value).revision };
    case 'auth/authEnabled':
      return { kind: 'auth-enabled', isEnabled: value[0] === 1 };
    case 'auth/authRevision':
      // Where it was never counted etcd has 0, and begins at 1 when it is started.
      return { kind: 'auth-revision', revision: Math.max(1, readNumber(value)) };
    default:
      return undefined;
  }
}

function readNumber(value: Uint8Array): number {
  if (value.length !== 8) throw new Error(`a number of ${value.length} bytes`);
  const number = Number(Buffer.from(value).readBigUInt64BE(0));
  if (!Number.isSafeInteger(number)) throw new Error(`a number of ${number}, beyond what can be`);
  return number;
}
