// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import type { EtcdClient, MemberRecord } from '../../etcd/index.js';
import { isMusterError, type MemberId } from '../../model/index.js';
import { fail } from '../errors.js';

/** A cluster as the member that answered sees it. */
export interface ClusterView {
  readonly clusterId: bigint;
  /** `undefined`: it has none, so nothing can be changed. */
  readonly leader: MemberId | undefined;
  /** By ID, as etcd lists them. */
  readonly members: readonly MemberRecord[];
  /** How a URL of a member is reached from here. */
  readonly reach: (url: string) => string;
}

/** A member that was lost a moment ago may have led: the others choose anew, which takes a second or two. */
const electionMs = 5_000;
const pauseMs = 250;
const elections = new Set(['etcd/leader-changed', 'etcd/no-leader', 'etcd/timeout-leader-failed']);

/** Waits a while for an election to end. @throws `cli/no-leader` when the list needs a quorum that is not there */
export async function readCluster(store: EtcdClient, reach: ClusterView['reach']): Promise<ClusterView> {
  for (const end = realClock.monotonic() + electionMs; ; await realClock.sleep(pauseMs)) {
    const isLast = realClock.monotonic() >= end;
    try {
      const view = { ...(await readOnce(store)), reach };
      if (view.leader !== undefined || isLast) return view;
    } catch (error) {
      if (isLast || !isMusterError(error) || !elections.has(error.code)) throw error;
    }
  }
}

async function readOnce(store: EtcdClient): Promise<Omit<ClusterView, 'reach'>> {
  const { clusterId, leader } = await store.status();
  const view = { clusterId, leader: leader === 0n ? undefined : leader };
  try {
    return { ...view, members: byId(await store.memberList()) };
  } catch (error) {
    const isAway = isMusterError(error) && error.retry !== 'never';
    if (!isAway || (await store.status()).leader !== 0n) throw error;
    throw fail('cli/no-leader', { why: error.message }, error);
  }
}

export function byId(members: readonly MemberRecord[]): readonly MemberRecord[] {
  return members.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

export function votersOf(members: readonly MemberRecord[]): readonly MemberRecord[] {
  return members.filter(({ isLearner }) => !isLearner);
}

/** As etcdctl writes it: hex without leading zeros. */
export function idText(id: bigint): string {
  return id.toString(16);
}

/** What to call a member by: its ID as long as it has no name. */
export function callName({ id, name }: MemberRecord): string {
  return name === '' ? idText(id) : name;
}
