// SPDX-License-Identifier: Apache-2.0

import type { MemberReport } from '../../model/index.js';
import type { MachineLife, StoreRecord, StoreView } from '../../registry/index.js';

/** What is known of a machine that may have been a member. */
export interface RecoveryMachine {
  readonly name: string;
  /** Nothing: it says nothing of itself now. */
  readonly report: MemberReport | undefined;
  /** Its report was made, or kept up, just now; one that hangs leaves its last one behind for a while. */
  readonly isFresh: boolean;
  readonly life: MachineLife | undefined;
}

/** An old voter that could go on with the old cluster. */
export interface LiveVoter {
  readonly name: string;
  readonly why: string;
}

/** A member that holds data of the cluster and answers for itself. */
export interface Survivor {
  readonly machine: string;
  readonly endpoint: string;
  readonly revision: number;
  readonly raftTerm: bigint;
  readonly raftIndex: bigint;
}

/** Why there is nothing to recover, and what to do instead; nothing: there is. */
export function findObstacle(
  record: StoreRecord | undefined,
  view: StoreView | undefined,
  hasFile: boolean,
): { readonly why: string; readonly next: string } | undefined {
  if (record?.phase === 'sealed') {
    return { why: 'the cluster was stopped and all of it was saved', next: '`muster up` goes on with it' };
  }
  if (record === undefined || record.phase === 'forming') {
    if (hasFile || record?.restore !== undefined) return undefined;
    return {
      why: `the cluster was never formed${view === undefined || view.reason === '' ? '' : `: ${view.reason}`}`,
      next: 'wait for its machines (`muster status`), or name what it is to begin with: `muster recover --from FILE`',
    };
  }
  if (view?.state === 'ok') {
    return { why: 'a quorum of the store answers', next: 'muster mends the rest by itself: `muster status`' };
  }
  return undefined;
}

/**
 * The voters of the old cluster that might still be alive, or come back, and go on with it beside the new one. A voter
 * is out of the way when its machine says that its disk is empty, or says that it has data, which it will be told to
 * wipe, or when it is known that its boot is over: machines keep nothing between boots.
 */
export function findLiveVoters(
  record: StoreRecord | undefined,
  machines: readonly RecoveryMachine[],
): readonly LiveVoter[] {
  if (record === undefined) return [];
  return votersOf(record).flatMap(({ id, name }) => {
    const machine = findMachine(record, machines, id, name);
    const why = machine === undefined ? 'no machine of this cluster is known to run it' : whyAlive(machine);
    const shown = machine?.name ?? (name === '' ? id : name);
    return why === undefined ? [] : [{ name: shown, why }];
  });
}

/** Founders have no entry in a list before a quorum has answered. */
function votersOf(record: StoreRecord): readonly { readonly id: string; readonly name: string }[] {
  if (record.members.length > 0) return record.members.filter(({ isLearner }) => !isLearner);
  return Object.entries(record.places).map(([name, { memberId }]) => ({ id: memberId, name }));
}

/** By its ID first: names can be given twice. */
function findMachine(
  record: StoreRecord,
  machines: readonly RecoveryMachine[],
  id: string,
  name: string,
): RecoveryMachine | undefined {
  const holder = machines.find(({ report }) => report?.disk.kind === 'data' && report.disk.memberId === id);
  if (holder !== undefined) return holder;
  const [placed] =
    Object.entries(record.places).find(([, { memberId }]) => id !== '' && memberId === id) ?? [];
  return machines.find((machine) => machine.name === (placed ?? name));
}

function whyAlive({ report, isFresh, life }: RecoveryMachine): string | undefined {
  if (report !== undefined) {
    if (report.disk.kind === 'empty' || isFresh) return undefined;
    return 'its machine has data and does not answer';
  }
  // A machine that is no more, or was never powered on.
  if (life === undefined || life.isBootOver) return undefined;
  return 'its machine is silent, and may only hang';
}

/** The one that is farthest: the highest term, in it the highest index. */
export function chooseSurvivor(survivors: readonly Survivor[]): Survivor | undefined {
  return [...survivors].sort(
    (left, right) => compare(right.raftTerm, left.raftTerm) || compare(right.raftIndex, left.raftIndex),
  )[0];
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
