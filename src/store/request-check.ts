// SPDX-License-Identifier: Apache-2.0

import {
  type DeleteRangeRequest,
  fail,
  type KeyRange,
  type Op,
  type PutRequest,
  type RequestChecks,
  type TxnRequest,
} from '../etcd/index.js';
import { checkOverlaps } from './txn-overlap.js';

export interface RequestLimits {
  /** Compares, and operations of one branch, nested ones counted along. */
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
}

/** The checks that etcd does before it orders a request (server/etcdserver/api/v3rpc/key.go, 3.5), in its order. */
export function checkPut(request: PutRequest, limits: RequestLimits): void {
  checkPutFields(request);
  checkSize(sizeOfPut(request), limits);
}

export function checkRange(request: KeyRange): void {
  if (request.key.length === 0) throw fail('etcd/key-empty');
}

export function checkDelete(request: DeleteRangeRequest, limits: RequestLimits): void {
  checkRange(request);
  checkSize(sizeOfRange(request), limits);
}

export function checkTxn(request: TxnRequest, limits: RequestLimits): void {
  checkTxnFields(request, limits.maxTxnOps);
  checkOverlaps(request.success);
  checkOverlaps(request.failure);
  checkSize(sizeOfTxn(request), limits);
}

/** All of them, for whoever serves the store. */
export function requestChecks(limits: RequestLimits): RequestChecks {
  return {
    range: checkRange,
    put: (request) => checkPut(request, limits),
    deleteRange: (request) => checkDelete(request, limits),
    txn: (request) => checkTxn(request, limits),
  };
}

function checkPutFields(request: PutRequest): void {
  if (request.key.length === 0) throw fail('etcd/key-empty');
  if (request.ignoreValue && request.value.length > 0) throw fail('etcd/value-provided');
  if (request.ignoreLease && (request.lease ?? 0n) !== 0n) throw fail('etcd/lease-provided');
}

function checkTxnFields(request: TxnRequest, maxOps: number): void {
  const { compare, success, failure } = request;
  const most = Math.max(compare.length, success.length, failure.length);
  if (most > maxOps) throw fail('etcd/too-many-operations');
  for (const one of compare) checkRange(one);
  for (const op of success) checkOp(op, maxOps - most);
  for (const op of failure) checkOp(op, maxOps - most);
}

function checkOp(op: Op, maxOps: number): void {
  switch (op.kind) {
    case 'put':
      checkPutFields(op.request);
      break;
    case 'range':
    case 'delete-range':
      checkRange(op.request);
      break;
    case 'txn':
      checkTxnFields(op.request, maxOps);
      break;
  }
}

// About what the message takes on the wire: a tag and a length for each part.
const partBytes = 6;

function checkSize(sizeBytes: number, limits: RequestLimits): void {
  if (sizeBytes > limits.maxRequestBytes) throw fail('etcd/request-too-large');
}

function sizeOfPut(request: PutRequest): number {
  return partBytes * 2 + request.key.length + request.value.length;
}

function sizeOfRange(request: KeyRange): number {
  return partBytes * 2 + request.key.length + (request.rangeEnd?.length ?? 0);
}

function sizeOfTxn(request: TxnRequest): number {
  const compares = request.compare.reduce(
    (sum, one) => sum + sizeOfRange(one) + (one.target === 'value' ? one.value.length : partBytes),
    0,
  );
  return [...request.success, ...request.failure].reduce((sum, op) => sum + sizeOfOp(op), compares);
}

function sizeOfOp(op: Op): number {
  switch (op.kind) {
    case 'put':
      return sizeOfPut(op.request);
    case 'range':
    case 'delete-range':
      return sizeOfRange(op.request);
    case 'txn':
      return sizeOfTxn(op.request);
  }
}
