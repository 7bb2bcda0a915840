// SPDX-License-Identifier: Apache-2.0

import { connect, type MemberRecord } from '../../etcd/index.js';
import type { MemberId } from '../../model/index.js';
import type { ClusterView } from './cluster-view.js';

/** Of one client URL. */
const probeTimeoutMs = 2_000;

/** What is wrong with a member, for those with which something is. */
export type Faults = ReadonlyMap<MemberId, string>;

/** Asks each member itself, all at the same time, at each of its client URLs. */
export async function probeMembers(
  view: Pick<ClusterView, 'clusterId' | 'reach'>,
  members: readonly MemberRecord[],
): Promise<Faults> {
  const found = await Promise.all(
    members.map(async (member) => [member.id, await faultOf(view, member)] as const),
  );
  return new Map(found.flatMap(([id, fault]) => (fault === undefined ? [] : [[id, fault] as const])));
}

async function faultOf(
  { clusterId, reach }: Pick<ClusterView, 'clusterId' | 'reach'>,
  member: MemberRecord,
): Promise<string | undefined> {
  if (member.name === '' || member.clientUrls.length === 0) return 'was never started';
  const faults = await Promise.all(member.clientUrls.map((url) => faultAt(clusterId, member, reach(url))));
  return faults.includes(undefined) ? undefined : faults[0];
}

async function faultAt(clusterId: bigint, member: MemberRecord, url: string): Promise<string | undefined> {
  try {
    const client = connect([url], { timeoutMs: probeTimeoutMs });
    try {
      const status = await client.status();
      const isItself = status.clusterId === clusterId && status.memberId === member.id;
      if (!isItself) return `has another member at ${url}`;
      return status.leader === 0n ? 'has no leader' : undefined;
    } finally {
      await client.close();
    }
  } catch {
    return `does not answer at ${url}`;
  }
}
