// SPDX-License-Identifier: Apache-2.0

import type { Op, PutRequest, TxnRequest } from '../etcd/index.js';

// What etcd adds to key and value (server/etcdserver/quota.go, 3.5).
const putOverheadBytes = 256;
export const leaseCostBytes = 64;

export const defaultQuotaBytes = 2 * 1024 * 1024 * 1024;

export function putCost(request: PutRequest): number {
  return putOverheadBytes + request.key.length + request.value.length;
}

/** Of the larger branch; 0 when neither puts anything. */
export function txnCost(request: TxnRequest): number {
  return Math.max(opsCost(request.success), opsCost(request.failure));
}

function opsCost(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => {
    if (op.kind === 'put') return sum + putCost(op.request);
    return op.kind === 'txn' ? sum + txnCost(op.request) : sum;
  }, 0);
}

/** Whether there is room for so many bytes more. */
export type HasRoom = (costBytes: number) => boolean;

// A write may change some pages of the tree besides its own.
const pagesAroundBytes = 16 * 1024;

/**
 * Compares what the store takes with a quota. Asking for the size costs a call of the system, so it is asked again
 * only when the writes since then may have brought it near the quota.
 *
 * @param quotaBytes 0: etcd's 2 GiB; negative: none
 */
export function openQuota(sizeBytes: () => number, quotaBytes: number): HasRoom {
  if (quotaBytes < 0) return () => true;
  const quota = quotaBytes === 0 ? defaultQuotaBytes : quotaBytes;
  const state = { size: sizeBytes(), sinceBytes: 0 };
  return (costBytes) => {
    state.sinceBytes += costBytes + pagesAroundBytes;
    if (state.size + 2 * state.sinceBytes >= quota) {
      state.size = sizeBytes();
      state.sinceBytes = 0;
    }
    return state.size + costBytes < quota;
  };
}
