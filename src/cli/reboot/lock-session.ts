// SPDX-License-Identifier: Apache-2.0

import { realClock, realRandom } from '../../effects/index.js';
import { connect } from '../../etcd/index.js';
import { openRebootLock, openRolls, type RebootLock, type Rolls } from '../../lock/index.js';
import type { ClusterPlan } from '../cluster-plan.js';
import type { Session } from '../session.js';
import { type LockMachines, lockMachines } from './lock-machines.js';

/** One command's way to the reboot lock, in the store that the machines share. */
export interface LockSession extends AsyncDisposable {
  readonly lock: RebootLock;
  readonly rolls: Rolls;
  readonly machines: LockMachines;
}

/** @param session of the control process, whose store has the lock where the machines run no etcd */
export function openLockSession(plan: ClusterPlan, session: Session): LockSession {
  const client = plan.store === undefined ? undefined : connect(plan.storeUrls);
  const kv = client ?? session.client;
  return {
    lock: openRebootLock({ kv, clock: realClock, random: realRandom }),
    rolls: openRolls(kv),
    machines: lockMachines([...plan.machines.values()].map(({ known }) => known)),
    [Symbol.asyncDispose]: async () => client?.close(),
  };
}
