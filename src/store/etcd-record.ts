// SPDX-License-Identifier: Apache-2.0

import { type KeyValue, stored } from '../etcd/index.js';
import { revision as revisionOf } from '../model/index.js';
import { decodeRecord, decodeRecordKey } from './record.js';
import { encodeRevisionKey } from './revision-key.js';
import type { Entry } from './view-slices.js';

/** One write of one key as etcd keeps it, byte for byte. */
export interface EtcdRecord extends Entry {
  readonly revision: number;
  readonly isDelete: boolean;
  /** Of the key space; `key` is that of the entry. */
  readonly name: Uint8Array;
}

const never = revisionOf(0);

/** @param entry of a record in the backend */
export function encodeEtcdRecord(entry: Entry): EtcdRecord {
  const { revision, sub } = decodeRecordKey(entry.key);
  const { isDelete, key, value, version, lease, createRevision } = decodeRecord(entry.value);
  // Of a delete etcd keeps the key alone.
  const times = isDelete
    ? { createRevision: never, modRevision: never }
    : { createRevision: revisionOf(createRevision), modRevision: revisionOf(revision) };
  const kv: KeyValue = { key, value, version, lease, ...times };
  return {
    key: encodeRevisionKey(revision, sub, isDelete),
    value: stored.encodeKeyValue(kv),
    revision,
    isDelete,
    name: key,
  };
}
