// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../../registry/index.js';

/**
 * Why the etcd cluster of the machines cannot do without `machine` now; nothing: it can. A machine that has no vote there
 * costs none: proxies, and members that are down already. One with a vote may go only while all others are voters that
 * run, none of them reboots, and those are a quorum. Pure.
 *
 * @param rebooting machines that hold the lock
 * @param serving how many voters on machines of others serve
 */
export function judgeGrant(
  { store, storeView }: Pick<ClusterSnapshot, 'store' | 'storeView'>,
  machine: string,
  rebooting: readonly string[],
  serving: number,
): string | undefined {
  const members = storeView?.members ?? {};
  if (store === undefined || storeView === undefined || members[machine]?.state !== 'voter') return undefined;
  if (store.phase !== 'formed') return `the store is ${store.phase}`;
  const others = Object.entries(members).filter(([name]) => name !== machine);
  const held = others.find(([name]) => rebooting.includes(name));
  if (held !== undefined) return `${held[0]} is a member too, and reboots`;
  const unwell = others.find(([, { state }]) => state !== 'voter');
  if (unwell !== undefined)
    return `the member on ${unwell[0]} is no voter that runs: it is ${unwell[1].state}`;
  const voters = store.members.filter(({ isLearner }) => !isLearner).length;
  const needed = Math.floor(voters / 2) + 1;
  const left = others.length + serving;
  if (left >= needed) return undefined;
  return `the store would be left with ${left} of ${voters} voters, and ${needed} are needed`;
}
