// SPDX-License-Identifier: Apache-2.0

import type { LeaseId } from '../../model/index.js';
import type { Need } from '../auth.js';
import type { DeleteRangeRequest, KeyRange, Kv, Op, PutRequest, TxnRequest } from '../kv.js';

// Which permissions a request needs: etcd-io/etcd, server/etcdserver/apply_auth.go, 3.5.

export const adminNeeds: readonly Need[] = [{ kind: 'admin' }];

export function readNeeds(range: KeyRange): readonly Need[] {
  return [{ kind: 'read', range: rangeOf(range) }];
}

/** To hang a key on a lease one must be allowed to write every key that hangs on it. */
export async function putNeeds(kv: Kv, request: PutRequest): Promise<readonly Need[]> {
  const lease =
    request.lease === undefined || request.lease === 0n ? [] : await leaseNeeds(kv, request.lease);
  return [...opNeeds({ kind: 'put', request }), ...lease];
}

export function deleteNeeds(request: DeleteRangeRequest): readonly Need[] {
  return opNeeds({ kind: 'delete-range', request });
}

/** Both branches, whichever will be done. */
export function txnNeeds(request: TxnRequest): readonly Need[] {
  const ops = [...request.success, ...request.failure];
  return [...request.compare.flatMap(readNeeds), ...ops.flatMap(opNeeds)];
}

/** Of the keys that hang on it; none when there is no such lease. */
export async function leaseNeeds(
  kv: Kv,
  id: LeaseId,
  kind: 'read' | 'write' = 'write',
): Promise<readonly Need[]> {
  const { keys } = await kv.timeToLive(id, { keys: true });
  return keys.map((key) => ({ kind, range: { key } }));
}

function opNeeds(op: Op): readonly Need[] {
  switch (op.kind) {
    case 'range':
      return readNeeds(op.request);
    case 'put':
    case 'delete-range':
      return [
        { kind: 'write', range: rangeOf(op.request) },
        ...(op.request.prevKv === true ? readNeeds(op.request) : []),
      ];
    case 'txn':
      return txnNeeds(op.request);
  }
}

/** Nothing but the range: the rest of a request may be large. */
function rangeOf(range: KeyRange): KeyRange {
  return range.rangeEnd === undefined ? { key: range.key } : { key: range.key, rangeEnd: range.rangeEnd };
}
