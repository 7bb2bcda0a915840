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
  snapshot: ClusterSnapshot,
  names: readonly string[],
  isServing: (voter: StoreMember) => Promise<boolean> = answers,
): Promise<void> {
  const { store, storeView } = snapshot;
  if (store === undefined || storeView === undefined || store.phase !== 'formed') return;
  const members = Object.entries(storeView.members);
  // One that hangs or has nothing is no loss, and may have to be stopped before anything can be mended.
  if (!members.some(([machine, { state }]) => state === 'voter' && names.includes(machine))) return;
  const voters = store.members.filter(({ isLearner }) => !isLearner);
  const needed = Math.floor(voters.length / 2) + 1;
  const staying = members.filter(([machine, { state }]) => state === 'voter' && !names.includes(machine));
  const left = staying.length + (await countOthers(snapshot, isServing));
  if (left >= needed) return;
  throw fail('cli/would-lose-quorum', { left, needed, voters: voters.length });
}

/** How many voters on machines of others serve; each is asked, for no report tells of them. */
export async function countOthers(
  { store, storeView }: Pick<ClusterSnapshot, 'store' | 'storeView'>,
  isServing: (voter: StoreMember) => Promise<boolean> = answers,
): Promise<number> {
  if (store === undefined || storeView === undefined) return 0;
  const own = new Set(Object.values(storeView.members).map(({ id }) => id));
  const others = store.members.filter(({ id, isLearner }) => !isLearner && !own.has(id));
  return (await Promise.all(others.map(isServing))).filter((serves) => serves).length;
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
