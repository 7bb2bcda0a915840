// SPDX-License-Identifier: Apache-2.0

import { fail, type Kv, type TxnRequest } from '../etcd/index.js';
import type { MemberId } from '../model/index.js';
import type { Alarms } from './alarms.js';
import { type HasRoom, leaseCostBytes, putCost, txnCost } from './quota.js';
import { checkPut, checkTxn, type RequestLimits } from './request-check.js';
import { isReadOnly } from './txn.js';

export interface CappedKvDeps {
  readonly kv: Kv;
  readonly alarms: Alarms;
  readonly hasRoom: HasRoom;
  readonly memberId: MemberId;
  readonly limits: RequestLimits;
}

/**
 * The key space under its alarms, as etcd has it: a write that would go beyond the quota raises NOSPACE, under
 * which only deleting, compacting and revoking go on, until it is disarmed. Under CORRUPT nothing is written.
 * Nothing is awaited before a write is decided, so writes keep the order in which they were asked for.
 */
export function cappedKv(deps: CappedKvDeps): Kv {
  const { kv, alarms, hasRoom, limits } = deps;
  return {
    range: (request) => kv.range(request),
    async put(request) {
      if (!hasRoom(putCost(request))) return raise(deps);
      if (alarms.list().length > 0) {
        checkPut(request, limits);
        refuse(alarms, true);
      }
      return kv.put(request);
    },
    async deleteRange(request) {
      refuse(alarms, false);
      return kv.deleteRange(request);
    },
    txn: (request) => txn(deps, request),
    async compact(revision, options) {
      refuse(alarms, false);
      return kv.compact(revision, options);
    },
    watch: (request, signal) => kv.watch(request, signal),
    async grantLease(ttlSeconds, id) {
      if (!hasRoom(leaseCostBytes)) return raise(deps);
      refuse(alarms, true);
      return kv.grantLease(ttlSeconds, id);
    },
    async revokeLease(id) {
      refuse(alarms, false);
      return kv.revokeLease(id);
    },
    keepAlive: (id) => kv.keepAlive(id),
    timeToLive: (id, options) => kv.timeToLive(id, options),
    leases: () => kv.leases(),
  };
}

async function txn(deps: CappedKvDeps, request: TxnRequest) {
  const cost = txnCost(request);
  if (cost > 0 && !deps.hasRoom(cost)) return raise(deps);
  if (deps.alarms.list().length > 0) {
    checkTxn(request, deps.limits);
    if (!isReadOnly(request)) refuse(deps.alarms, cost > 0);
  }
  return deps.kv.txn(request);
}

async function raise({ alarms, memberId }: CappedKvDeps): Promise<never> {
  await alarms.raise({ memberId, kind: 'no-space' });
  throw fail('etcd/no-space');
}

function refuse(alarms: Alarms, needsRoom: boolean): void {
  if (alarms.list().length === 0) return;
  if (alarms.isUp('corrupt')) throw fail('etcd/corrupt');
  if (needsRoom && alarms.isUp('no-space')) throw fail('etcd/no-space');
}
