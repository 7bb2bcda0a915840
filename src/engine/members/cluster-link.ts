// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import type { Alarm, EtcdClient, MemberRecord } from '../../etcd/index.js';
import { memberId } from '../../model/index.js';
import type { StoreMember } from '../../registry/index.js';
import type { ClusterSight } from './member-plan-input.js';

export interface ClusterLinkDeps {
  readonly clock: Clock;
  /** A client of one endpoint, whose calls give up after a few seconds. */
  readonly connect: (endpoint: string) => EtcdClient;
}

/** The etcd cluster of the machines, as far as anybody answers for it. */
export interface ClusterLink {
  /**
   * Asks all endpoints at once, and takes the first that answers with a quorum behind it.
   *
   * @param isOurs by cluster ID in hex: answers for another cluster do not count
   */
  look(endpoints: readonly string[], isOurs: (clusterId: string) => boolean): Promise<ClusterSight>;
  /** The member that answered `look` last; another one after `next`. */
  member(): EtcdClient | undefined;
  /** It refused what another might do: members judge the others by their own connections. */
  next(): void;
  close(): Promise<void>;
}

/**
 * With this alarm muster makes a cluster refuse every write. Its member ID is none that etcd would name ("muster" in
 * ASCII), so that an alarm of etcd's own is never taken for it.
 */
export const sealAlarm: Alarm = { memberId: memberId(0x6d_75_73_74_65_72n), kind: 'corrupt' };

export function openClusterLink(deps: ClusterLinkDeps): ClusterLink {
  const clients = new Map<string, EtcdClient>();
  let silentSince: number | undefined;
  let answered: readonly EtcdClient[] = [];

  const clientOf = (endpoint: string) => {
    const known = clients.get(endpoint) ?? deps.connect(endpoint);
    clients.set(endpoint, known);
    return known;
  };

  return {
    async look(endpoints, isOurs) {
      const asked = [...new Set(endpoints)].map(clientOf);
      const gone = [...clients].filter(([endpoint]) => !endpoints.includes(endpoint));
      for (const [endpoint, client] of gone) {
        clients.delete(endpoint);
        void client.close();
      }
      try {
        const first = await Promise.any(asked.map((client) => ask(client, isOurs)));
        silentSince = undefined;
        answered = [first.client, ...asked.filter((client) => client !== first.client)];
        return first.sight;
      } catch (error) {
        silentSince ??= deps.clock.now();
        return { kind: 'silent', since: silentSince, reason: reasonOf(error) };
      }
    },
    member: () => answered[0],
    next() {
      answered = [...answered.slice(1), ...answered.slice(0, 1)];
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
      clients.clear();
    },
  };
}

/** etcd 3.4 tells its member list without asking anybody, so the read that needs a quorum comes first. */
async function ask(client: EtcdClient, isOurs: (clusterId: string) => boolean) {
  const status = await client.status();
  const found = status.clusterId.toString(16);
  if (!isOurs(found)) throw new Error(`it is of another cluster, ${found}`);
  if (status.isLearner) throw new Error('it is a learner');
  await client.range({ key: new Uint8Array([0]), countOnly: true });
  const [members, alarms] = await Promise.all([client.memberList(), client.alarms()]);
  const sight: ClusterSight = {
    kind: 'quorum',
    clusterId: found,
    members: storeMembersOf(members),
    leader: status.leader.toString(16),
    isSealed: alarms.some(isSeal),
    alarms: alarms
      .filter((alarm) => !isSeal(alarm))
      .map(({ memberId: id, kind }) => `${kind} (member ${id.toString(16)})`)
      .sort(),
  };
  return { client, sight };
}

function isSeal({ memberId: id, kind }: Alarm): boolean {
  return id === sealAlarm.memberId && kind === sealAlarm.kind;
}

/** In an order that does not depend on who answers. */
export function storeMembersOf(members: readonly MemberRecord[]): readonly StoreMember[] {
  return members.map(storeMemberOf).sort((left, right) => (left.id < right.id ? -1 : 1));
}

function storeMemberOf(member: MemberRecord): StoreMember {
  const { id, name, peerUrls, clientUrls, isLearner } = member;
  return {
    id: id.toString(16),
    name,
    peerUrls: [...peerUrls].sort(),
    clientUrls: [...clientUrls].sort(),
    isLearner,
  };
}

function reasonOf(error: unknown): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  if (errors.length === 0) return 'there is nobody to ask';
  const texts = errors.map((one) => (one instanceof Error ? one.message : String(one)));
  return [...new Set(texts)].join('; ');
}
