// SPDX-License-Identifier: Apache-2.0

import { connect } from '../../etcd/index.js';
import type { MemberReport } from '../../model/index.js';
import type { ClusterSnapshot } from '../../registry/index.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { reachUrl } from '../reach.js';
import type { Session } from '../session.js';
import type { RecoveryMachine, Survivor } from './plan-recovery.js';

const answerLimitMs = 3_000;

/** Whether a read that needs a quorum is answered for the cluster anywhere. */
export async function findQuorum(
  endpoints: readonly string[],
  clusterId: string,
): Promise<string | undefined> {
  const asked = [...new Set(endpoints)].map(async (endpoint) => {
    const client = connect([endpoint], { timeoutMs: answerLimitMs });
    try {
      const status = await client.status();
      if (status.clusterId.toString(16) !== clusterId) throw new Error('another cluster');
      await client.range({ key: new Uint8Array([0]), countOnly: true });
      return endpoint;
    } finally {
      await client.close();
    }
  });
  return Promise.any(asked).catch(() => undefined);
}

/** Members of the cluster that answer for themselves, each at what it says is its address. */
export async function findSurvivors(
  snapshot: ClusterSnapshot,
  reports: ReadonlyMap<string, MemberReport>,
): Promise<readonly Survivor[]> {
  const { store } = snapshot;
  if (store === undefined) return [];
  const asked = [...reports].map(async ([machine, { disk, clientUrls }]): Promise<Survivor[]> => {
    const [endpoint] = clientUrls;
    if (disk.kind !== 'data' || endpoint === undefined || disk.clusterId !== store.clusterId) return [];
    const isVoter = store.members.some(({ id, isLearner }) => id === disk.memberId && !isLearner);
    if (!isVoter) return [];
    const client = connect([endpoint], { timeoutMs: answerLimitMs });
    try {
      const { memberId, revision, raftTerm, raftIndex } = await client.status();
      if (memberId.toString(16) !== disk.memberId) return [];
      return [{ machine, endpoint, revision, raftTerm, raftIndex }];
    } catch {
      return [];
    } finally {
      await client.close();
    }
  });
  return (await Promise.all(asked)).flat();
}

/** What machines say of themselves now, their URLs as they are reached from here; what a boot that is over has left behind does not count. */
export function reportsOf(snapshot: ClusterSnapshot, plan: ClusterPlan): ReadonlyMap<string, MemberReport> {
  const known = [...plan.machines.values()].flatMap(({ known: { name, id } }) => {
    const node = snapshot.nodes.get(id);
    const life = snapshot.lives.get(name);
    const isOver = life?.isBootOver === true && life.bootId === node?.bootId;
    if (node?.member === undefined || isOver) return [];
    const clientUrls = node.member.clientUrls.map((url) => reachUrl(plan.reach, url));
    return [[name, { ...node.member, clientUrls }] as const];
  });
  return new Map(known);
}

/** Every machine that is or was of this cluster, as far as its member goes. */
export async function readMachines(
  session: Session,
  snapshot: ClusterSnapshot,
  plan: ClusterPlan,
  survivors: readonly Survivor[],
  now: number,
): Promise<readonly RecoveryMachine[]> {
  const reports = reportsOf(snapshot, plan);
  const renewals = await session.registry.machines.renewals(now);
  // A lease is renewed every third of its time, and told in whole seconds.
  const freshMs = (plan.spec.agentTtlSeconds * 1000) / 2 + 1_000;
  const names = new Set([
    ...plan.machines.keys(),
    ...snapshot.lives.keys(),
    ...Object.keys(snapshot.store?.places ?? {}),
  ]);
  return [...names].map((name) => {
    const report = reports.get(name);
    const id = plan.machines.get(name)?.known.id;
    const renewedAt = (id === undefined ? undefined : renewals.get(id)) ?? 0;
    // What serves must answer; what does not serve can only keep up its lease.
    const isFresh =
      report?.process.kind === 'serving'
        ? survivors.some(({ machine }) => machine === name) || isForeign(report, snapshot)
        : now - renewedAt <= freshMs;
    return { name, report, isFresh, life: snapshot.lives.get(name) };
  });
}

/** Data of another cluster is no voter of this one. */
function isForeign({ disk }: MemberReport, { store }: ClusterSnapshot): boolean {
  return disk.kind === 'data' && disk.clusterId !== store?.clusterId;
}
