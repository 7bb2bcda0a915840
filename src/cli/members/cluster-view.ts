// SPDX-License-Identifier: Apache-2.0

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
}

/** @throws `cli/no-leader` when the list needs a quorum that is not there */
export async function readCluster(store: EtcdClient): Promise<ClusterView> {
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
