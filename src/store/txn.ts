// SPDX-License-Identifier: Apache-2.0

import {
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  fail,
  type Op,
  type OpResponse,
  type PutRequest,
  type PutResponse,
  type TxnRequest,
  type TxnResponse,
} from '../etcd/index.js';
import { invariant, leaseId, revision } from '../model/index.js';
import { isTrue } from './compare.js';
import { keyText, spanOf } from './key.js';
import { type Keyspace, loadKeyValue, loadRecord, type Position } from './keyspace.js';
import type { LeaseBook } from './lease-book.js';
import { rangeAt, readableRevision } from './range.js';
import type { WriteTxn } from './write-txn.js';

type PlainOp = Exclude<Op, { kind: 'txn' }>;
type ChosenOp = PlainOp | { readonly kind: 'txn'; readonly chosen: Chosen };

/** A txn whose compares, the nested ones too, have been decided. */
export interface Chosen {
  readonly succeeded: boolean;
  readonly ops: readonly ChosenOp[];
}

/** True when no branch, taken or not, can write. */
export function isReadOnly(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every(
    (op) => op.kind === 'range' || (op.kind === 'txn' && isReadOnly(op.request)),
  );
}

/** All compares are decided on the state before the txn: a nested one does not see what the outer wrote. */
export function choose(space: Keyspace, request: TxnRequest, at: number): Chosen {
  const succeeded = request.compare.every((compare) => isTrue(space, compare, at));
  const ops = succeeded ? request.success : request.failure;
  return {
    succeeded,
    ops: ops.map((op) => (op.kind === 'txn' ? { kind: 'txn', chosen: choose(space, op.request, at) } : op)),
  };
}

/** What can be refused on the state before the txn is refused here. */
export function checkChosen(space: Keyspace, book: LeaseBook, now: Readonly<Position>, chosen: Chosen): void {
  eachPlain(chosen, (op) => {
    if (op.kind === 'put') checkPutState(space, book, now, op.request);
  });
  eachPlain(chosen, (op) => {
    if (op.kind === 'range') checkRevisionInTxn(now, op.request.revision ?? 0);
  });
}

/** In a txn, other than alone, etcd does not take a revision below zero for the newest (server/etcdserver/apply.go). */
function checkRevisionInTxn(now: Readonly<Position>, wanted: number): void {
  if (wanted < 0 && wanted < now.compactRevision) throw fail('etcd/compacted');
  readableRevision(now, wanted);
}

/** Within a txn etcd looks for the key first, in a put alone for the lease. @throws as `checkPutState` */
export function checkPutAlone(
  space: Keyspace,
  book: LeaseBook,
  now: Readonly<Position>,
  request: PutRequest,
): void {
  checkLease(book, request);
  checkPutState(space, book, now, request);
}

/** @throws `etcd/key-not-found`, `etcd/lease-not-found` */
function checkPutState(space: Keyspace, book: LeaseBook, now: Readonly<Position>, request: PutRequest): void {
  const keepsOld = request.ignoreValue || request.ignoreLease;
  if (keepsOld && space.index.at(keyText(request.key), now.revision) === undefined) {
    throw fail('etcd/key-not-found');
  }
  checkLease(book, request);
}

function checkLease(book: LeaseBook, { lease }: PutRequest): void {
  const isNone = lease === undefined || lease === 0n;
  if (!isNone && book.find(leaseId(lease)) === undefined) throw fail('etcd/lease-not-found');
}

export function applyTxn(space: Keyspace, txn: WriteTxn, chosen: Chosen): TxnResponse {
  const responses = chosen.ops.map((op) => applyOp(space, txn, op));
  return { revision: revision(txn.current()), succeeded: chosen.succeeded, responses };
}

/** A txn that only reads, at one position. */
export function readTxn(space: Keyspace, now: Readonly<Position>, chosen: Chosen): TxnResponse {
  const responses = chosen.ops.map((op): OpResponse => {
    if (op.kind === 'txn') return { kind: 'txn', response: readTxn(space, now, op.chosen) };
    invariant(op.kind === 'range', 'a read-only txn only reads');
    return { kind: 'range', response: rangeAt(space, now, op.request) };
  });
  return { revision: revision(now.revision), succeeded: chosen.succeeded, responses };
}

export function applyPut(space: Keyspace, txn: WriteTxn, request: PutRequest): PutResponse {
  const key = keyText(request.key);
  const old = space.index.at(key, txn.revision);
  // The same txn may have deleted it.
  if (old === undefined && (request.ignoreValue || request.ignoreLease)) throw fail('etcd/key-not-found');
  const prevKv = request.prevKv && old !== undefined ? loadKeyValue(space, old) : undefined;
  const value = request.ignoreValue && old !== undefined ? loadRecord(space, old).value : request.value;
  const lease = request.ignoreLease && old !== undefined ? old.lease : leaseId(request.lease ?? 0n);
  txn.put(key, value, lease);
  const answer = { revision: revision(txn.revision) };
  return prevKv === undefined ? answer : { ...answer, prevKv };
}

export function applyDelete(
  space: Keyspace,
  txn: WriteTxn,
  request: DeleteRangeRequest,
): DeleteRangeResponse {
  const held = txn.deleteSpan(spanOf(request));
  const prevKvs = request.prevKv ? held.map(({ version }) => loadKeyValue(space, version)) : [];
  return { revision: revision(txn.current()), deleted: held.length, prevKvs };
}

function applyOp(space: Keyspace, txn: WriteTxn, op: ChosenOp): OpResponse {
  switch (op.kind) {
    case 'put':
      return { kind: 'put', response: applyPut(space, txn, op.request) };
    case 'delete-range':
      return { kind: 'delete-range', response: applyDelete(space, txn, op.request) };
    case 'txn':
      return { kind: 'txn', response: applyTxn(space, txn, op.chosen) };
    case 'range': {
      const now = { revision: txn.current(), compactRevision: space.head.compactRevision };
      return { kind: 'range', response: rangeAt(space, now, op.request) };
    }
  }
}

function eachPlain(chosen: Chosen, visit: (op: PlainOp) => void): void {
  for (const op of chosen.ops) {
    if (op.kind === 'txn') eachPlain(op.chosen, visit);
    else visit(op);
  }
}
