// SPDX-License-Identifier: Apache-2.0

import type { Backend, BackendView } from './backend.js';
import { keyText } from './key.js';
import { compactKey } from './keyspace.js';
import {
  checkRecord,
  decodeLeaseKey,
  decodeNumber,
  decodeRecordKey,
  leasePrefix,
  metaPrefix,
  recordPrefix,
  type StoredRecord,
} from './record.js';
import { unsealed } from './record-checksum.js';
import { slicesOf } from './view-slices.js';

/** What a full check found. */
export interface Verified {
  readonly revision: number;
  readonly compactRevision: number;
  readonly recordCount: number;
}

/** The last write of a key that was seen. */
interface Last {
  readonly revision: number;
  readonly isDelete: boolean;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: bigint;
}

interface Check {
  readonly leases: Set<bigint>;
  readonly lastByKey: Map<string, Last>;
  compactRevision: number;
  revision: number;
  recordCount: number;
}

/**
 * The full check: reads every entry, and follows each key from write to write. Version, create revision and lease
 * of a write must go with the write before it; what compaction took away is allowed for. Throws a plain `Error`
 * that says what is wrong.
 *
 * Cost: about as much as opening the store, in slices with other work let in between.
 */
export async function verifyStore(backend: Backend): Promise<Verified> {
  const view = backend.view();
  try {
    return await verifyView(backend, view);
  } finally {
    view.close();
  }
}

async function verifyView(backend: Backend, view: BackendView): Promise<Verified> {
  const check: Check = {
    leases: new Set(),
    lastByKey: new Map(),
    compactRevision: -1,
    revision: 1,
    recordCount: 0,
  };
  const compactName = keyText(compactKey);
  for await (const slice of slicesOf(backend, view)) {
    for (const { key, value } of slice) {
      if (key[0] === leasePrefix) {
        decodeNumber(value);
        check.leases.add(decodeLeaseKey(key));
      } else if (key[0] === recordPrefix) follow(check, key, value);
      else if (key[0] !== metaPrefix) throw new Error(`an entry of unknown kind ${key[0]}`);
      else if (keyText(key) === compactName) check.compactRevision = decodeNumber(value);
      else unsealed(value);
    }
  }
  for (const [key, last] of check.lastByKey) checkLease(check, key, last);
  const revision = Math.max(check.revision, check.compactRevision);
  return { revision, compactRevision: check.compactRevision, recordCount: check.recordCount };
}

/** Entries come in key order: `l`, `m`, `r`, so leases and the compact revision are known by now. */
function follow(check: Check, recordKey: Uint8Array, value: Uint8Array): void {
  const { revision, sub } = decodeRecordKey(recordKey);
  const record = checked(value, `${revision}.${sub}`);
  const key = keyText(record.key);
  const wrong = problemOf(check, revision, record, check.lastByKey.get(key));
  if (wrong !== undefined) {
    throw new Error(`the write of ${JSON.stringify(key)} in revision ${revision} ${wrong}`);
  }
  const { isDelete, createRevision, version, lease } = record;
  check.lastByKey.set(key, { revision, isDelete, createRevision, version, lease });
  check.revision = revision;
  check.recordCount += 1;
}

function checked(value: Uint8Array, place: string): StoredRecord {
  try {
    return checkRecord(value);
  } catch (error) {
    throw new Error(`the write in revision ${place}: ${error instanceof Error ? error.message : error}`);
  }
}

function problemOf(
  check: Check,
  revision: number,
  record: StoredRecord,
  last: Last | undefined,
): string | undefined {
  if (record.isDelete) {
    // What it deleted may have been compacted away.
    if (last?.isDelete === true) return 'deletes what is deleted';
    return last === undefined && revision > check.compactRevision ? 'deletes what never was' : undefined;
  }
  const isNew = record.version === 1;
  if (isNew !== (record.createRevision === revision)) return 'does not know when the key was created';
  if (isNew) return last !== undefined && !last.isDelete ? 'creates a key that is there' : undefined;
  if (last === undefined) {
    return revision > check.compactRevision ? 'changes a key that is not there' : undefined;
  }
  if (last.isDelete) return 'changes a deleted key';
  const follows = last.version + 1 === record.version && last.createRevision === record.createRevision;
  return follows || last.revision <= check.compactRevision ? undefined : 'does not follow the one before';
}

function checkLease(check: Check, key: string, last: Last): void {
  if (last.isDelete || last.lease === 0n || check.leases.has(last.lease)) return;
  throw new Error(`key ${JSON.stringify(key)} hangs on a lease that is not there`);
}
