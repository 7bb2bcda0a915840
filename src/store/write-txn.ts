// SPDX-License-Identifier: Apache-2.0

import type { LeaseId } from '../model/index.js';
import { leaseId } from '../model/index.js';
import type { Write } from './backend.js';
import type { Change } from './change.js';
import type { Decided } from './group-commit.js';
import { keyBytes, type Span } from './key.js';
import type { KeyVersion } from './key-index.js';
import { compactKey, type Keyspace } from './keyspace.js';
import { grantedLease, stepLease } from './lease.js';
import type { Lease, LeaseBook } from './lease-book.js';
import { encodeLeaseKey, encodeNumber, encodeRecord, encodeRecordKey } from './record.js';

const noLease = leaseId(0n);
const emptyValue = new Uint8Array(0);

export interface Held {
  readonly key: string;
  readonly version: KeyVersion;
}

/**
 * One write of the store: everything in it gets the next revision, is there for later reads of the same txn at
 * once, and becomes durable together. Every step leaves behind how to undo it.
 */
export interface WriteTxn {
  /** The revision its writes get. */
  readonly revision: number;
  /** The store's revision as it would be if the txn ended here. */
  current(): number;
  /** Returns what was there before. */
  put(key: string, value: Uint8Array, lease: LeaseId): KeyVersion | undefined;
  /** Returns what was deleted, in key order. */
  deleteSpan(span: Span): readonly Held[];
  grantLease(id: LeaseId, ttlSeconds: number, now: number): Lease;
  /** Deletes the keys of the lease, in key order, and the lease. */
  revokeLease(lease: Lease, now: number): void;
  /** The store answers nothing below `revision` any more; forgetting is done later. */
  compact(revision: number): void;
  /** Takes back everything. */
  abandon(): void;
  /** Ends the txn; `undefined` when it changed nothing. `publish` is called once it is on disk. */
  finish(publish: (revision: number, changes: readonly Change[]) => void): Decided | undefined;
}

interface Work {
  readonly space: Keyspace;
  readonly book: LeaseBook;
  readonly revision: number;
  readonly writes: Write[];
  readonly changes: Change[];
  readonly undo: (() => void)[];
}

/** One at a time: the next may be opened when this one was finished or abandoned. */
export function openWriteTxn(space: Keyspace, book: LeaseBook): WriteTxn {
  const work: Work = { space, book, revision: space.head.revision + 1, writes: [], changes: [], undo: [] };
  return {
    revision: work.revision,
    current: () => (work.changes.length > 0 ? work.revision : work.revision - 1),
    put(key, value, lease) {
      const previous = space.index.at(key, work.revision);
      write(work, key, previous, { value, lease, isDelete: false });
      return previous;
    },
    deleteSpan: (span) => deleteSpan(work, span),
    grantLease: (id, ttlSeconds, now) => grantLease(work, id, ttlSeconds, now),
    revokeLease: (lease, now) => revokeLease(work, lease, now),
    compact(revision) {
      const { head } = space;
      const before = head.compactRevision;
      head.compactRevision = revision;
      work.undo.push(() => {
        head.compactRevision = before;
      });
      work.writes.push({ kind: 'put', key: compactKey, value: encodeNumber(revision) });
    },
    abandon: () => undoAll(work),
    finish: (publish) => finish(work, publish),
  };
}

function deleteSpan(work: Work, span: Span): readonly Held[] {
  const found: Held[] = [];
  work.space.index.each(span, work.revision, (key, version) => {
    found.push({ key, version });
    return true;
  });
  for (const { key, version } of found) remove(work, key, version);
  return found;
}

function remove(work: Work, key: string, previous: KeyVersion): void {
  write(work, key, previous, { value: emptyValue, lease: noLease, isDelete: true });
}

interface NewValue {
  readonly value: Uint8Array;
  readonly lease: LeaseId;
  readonly isDelete: boolean;
}

function write(work: Work, key: string, previous: KeyVersion | undefined, next: NewValue): void {
  const { index } = work.space;
  const { value, lease, isDelete: isGone } = next;
  const createRevision = isGone ? 0 : (previous?.createRevision ?? work.revision);
  const count = isGone ? 0 : (previous?.version ?? 0) + 1;
  const record = encodeRecord({
    isDelete: isGone,
    createRevision,
    version: count,
    lease,
    key: keyBytes(key),
    value,
  });
  const version: KeyVersion = {
    revision: work.revision,
    sub: work.changes.length,
    createRevision,
    version: count,
    lease,
    record,
  };
  index.add(key, version);
  work.undo.push(() => index.removeNewest(key));
  moveLease(work, key, previous?.lease ?? noLease, next.lease);
  work.writes.push({
    kind: 'put',
    key: encodeRecordKey(version.revision, version.sub),
    value: record,
  });
  work.changes.push({
    key,
    version,
    // A key may be put and deleted by the same txn; watchers are told what was there before both.
    previous: previous?.revision === work.revision ? index.before(key, version) : previous,
  });
}

function moveLease({ book, undo }: Work, key: string, from: LeaseId, to: LeaseId): void {
  if (from === to) return;
  if (from !== noLease) book.detach(from, key);
  if (to !== noLease) book.attach(to, key);
  undo.push(() => {
    if (to !== noLease) book.detach(to, key);
    if (from !== noLease) book.attach(from, key);
  });
}

function grantLease({ book, undo, writes }: Work, id: LeaseId, ttlSeconds: number, now: number): Lease {
  const lease: Lease = {
    id,
    grantedTtlSeconds: ttlSeconds,
    keys: new Set(),
    state: grantedLease(ttlSeconds, now),
  };
  book.add(lease);
  undo.push(() => book.remove(id));
  writes.push({ kind: 'put', key: encodeLeaseKey(id), value: encodeNumber(ttlSeconds) });
  return lease;
}

function revokeLease(work: Work, lease: Lease, now: number): void {
  const { book, undo, writes, space } = work;
  for (const key of [...lease.keys].sort()) {
    const version = space.index.at(key, work.revision);
    if (version !== undefined) remove(work, key, version);
  }
  const before = lease.state;
  lease.state = stepLease(before, { kind: 'revoke' }, now).state;
  book.remove(lease.id);
  undo.push(() => {
    lease.state = before;
    book.add(lease);
  });
  writes.push({ kind: 'remove', key: encodeLeaseKey(lease.id) });
}

function undoAll(work: Work): void {
  for (const undo of work.undo.reverse()) undo();
}

function finish(
  work: Work,
  publish: (revision: number, changes: readonly Change[]) => void,
): Decided | undefined {
  const { space, changes, writes, undo } = work;
  if (writes.length === 0) return undefined;
  if (changes.length > 0) {
    const before = space.head.revision;
    space.head.revision = work.revision;
    undo.push(() => {
      space.head.revision = before;
    });
  }
  const reached = { ...space.head };
  return {
    writes,
    undo: () => undoAll(work),
    settle() {
      Object.assign(space.durable, reached);
      if (changes.length > 0) publish(work.revision, changes);
      for (const { version } of changes) version.record = undefined;
    },
  };
}
