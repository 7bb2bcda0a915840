// SPDX-License-Identifier: Apache-2.0

import { connect, keyOf } from '../etcd/index.js';
import { isMusterError } from '../model/index.js';
import type { ClusterSnapshot, StoreMember } from '../registry/index.js';
import { fail } from './errors.js';

/**
 * Before machines without disks are stopped: whether the members that would be left are still a quorum. Nothing is to be
 * checked where the machines run no etcd, or none that was ever formed.
 *
 * @param isServing whether a voter on a machine of others answers, which its own machine's report tells of the rest
 * @throws `cli/would-lose-quorum`
 */
export async function checkQuorum(
  { store, storeView }: ClusterSnapshot,
  names: readonly string[],
  isServing: (voter: StoreMember) => Promise<boolean> = answers,
): Promise<void> {
  if (store === undefined || storeView === undefined || store.phase !== 'formed') return;
  const members = Object.entries(storeView.members);
  // One that hangs or has nothing is no loss, and may have to be stopped before anything can be mended.
  if (!members.some(([machine, { state }]) => state === 'voter' && names.includes(machine))) return;
  const voters = store.members.filter(({ isLearner }) => !isLearner);
  const needed = Math.floor(voters.length / 2) + 1;
  const own = new Set(members.map(([, { id }]) => id));
  const others = await Promise.all(voters.filter(({ id }) => !own.has(id)).map(isServing));
  const staying = members.filter(([machine, { state }]) => state === 'voter' && !names.includes(machine));
  const left = staying.length + others.filter((serves) => serves).length;
  if (left >= needed) return;
  throw fail('cli/would-lose-quorum', { left, needed, voters: voters.length });
}

const answerWithinMs = 2_000;

/** By a read that needs a quorum: a member that the others have lost does not count. */
async function answers({ clientUrls }: StoreMember): Promise<boolean> {
  if (clientUrls.length === 0) return false;
  const client = connect(clientUrls, { timeoutMs: answerWithinMs });
  try {
    await client.range({ key: keyOf('/'), countOnly: true });
    return true;
  } catch (error) {
    // It has heard the question, and wants to know who asks.
    return isMusterError(error, 'etcd/permission-denied');
  } finally {
    await client.close();
  }
}
