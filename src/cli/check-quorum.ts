// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../registry/index.js';
import { fail } from './errors.js';

/**
 * Before machines without disks are stopped: whether the members that would be left are still a quorum. Nothing is to be
 * checked where the machines run no etcd, or none that was ever formed.
 *
 * @throws `cli/would-lose-quorum`
 */
export function checkQuorum({ store, storeView }: ClusterSnapshot, names: readonly string[]): void {
  if (store === undefined || storeView === undefined || store.phase !== 'formed') return;
  const members = Object.entries(storeView.members);
  // One that hangs or has nothing is no loss, and may have to be stopped before anything can be mended.
  if (!members.some(([machine, { state }]) => state === 'voter' && names.includes(machine))) return;
  const voters = store.members.filter(({ isLearner }) => !isLearner).length;
  const needed = Math.floor(voters / 2) + 1;
  const left = members.filter(([machine, { state }]) => state === 'voter' && !names.includes(machine));
  if (left.length >= needed) return;
  throw fail('cli/would-lose-quorum', { left: left.length, needed, voters });
}
