// SPDX-License-Identifier: Apache-2.0

import { connect, type EtcdClient, fail, type MemberRecord } from '../../../etcd/index.js';
import { memberId, revision } from '../../../model/index.js';
import type { StoreMember } from '../../../registry/index.js';
import { sealAlarm } from '../cluster-link.js';
import type { Chance } from './chance.js';
import { type EtcdModel, type EtcdProcess, memberOf } from './model-etcd.js';
import { type Change, votersOf } from './raft-log.js';

export interface MemberCallsDeps {
  readonly etcd: EtcdModel;
  readonly chance: Chance;
  readonly now: () => number;
  /** Of the network between two machines. */
  readonly linkedSince: (one: string, other: string) => number | undefined;
  /** The way there and back: takes time, and throws when there is no way. */
  readonly travel: (machine: string) => Promise<void>;
  /** Somebody asks for another member list. */
  readonly onAsked: () => void;
  /** Whether the data of a member is somewhere, and good for use. */
  readonly isWhole: (memberId: string) => boolean;
  readonly onHarm: (what: string) => void;
}

/** How long all must have been in touch before a member is added (strict-reconfig-check). */
const healthMs = 5_000;

/** A client of the etcd on `machine`, with the answers and the refusals of etcd 3.5. */
export function openModelClient(deps: MemberCallsDeps, machine: string): EtcdClient {
  const { etcd, chance, now, onHarm } = deps;
  const reach = async (): Promise<EtcdProcess> => {
    await deps.travel(machine);
    const asked = etcd.processOn(machine);
    if (asked === undefined)
      throw fail('etcd/unavailable', { endpoint: machine, reason: 'connection refused' });
    return asked;
  };
  const leading = (asked: EtcdProcess): EtcdProcess => {
    const leader = etcd.leaderFor(asked);
    if (leader === undefined) throw fail('etcd/no-leader');
    return leader;
  };
  const listOf = (asked: EtcdProcess) => leading(asked).disk.commit.members;
  const change = (asked: EtcdProcess, what: Change): void => {
    const entry = etcd.propose(asked, what);
    if (entry === undefined) throw fail('etcd/timeout');
    const [before, after] = [votersOf(entry.before ?? entry).length, votersOf(entry).length];
    if (after < before && after < 2) onHarm(`voters are down to ${after}`);
  };
  /** As the asked member sees it, by its own connections. */
  const isActive = (asked: EtcdProcess, { id }: StoreMember, sinceMs: number) => {
    const other = etcd.peersOf(asked).find(({ disk }) => disk.memberId === id);
    if (other === undefined) return false;
    const since = deps.linkedSince(asked.machine, other.machine) ?? now();
    return other === asked || now() - Math.max(since, other.since, asked.since) >= sinceMs;
  };
  const entryOf = (asked: EtcdProcess, id: bigint): StoreMember => {
    const found = listOf(asked).find((member) => member.id === id.toString(16));
    if (found === undefined) throw fail('etcd/member-not-found');
    return found;
  };
  const others = connectNowhere();
  return {
    ...others,
    async status() {
      const { disk } = await reach();
      const own = disk.commit.members.find(({ id }) => id === disk.memberId);
      return {
        clusterId: BigInt(`0x${disk.clusterId}`),
        memberId: idOf(disk.memberId),
        revision: revision(disk.commit.index),
        version: '3.5.16',
        dbSizeBytes: 0,
        leader: memberId(1n),
        raftTerm: BigInt(disk.term),
        raftIndex: BigInt(disk.last.index),
        isLearner: own?.isLearner !== false,
        errors: [],
      };
    },
    async range() {
      leading(await reach());
      return { revision: revision(1), kvs: [], more: false, count: 0 };
    },
    memberList: async () => listOf(await reach()).map(recordOf),
    async memberAdd(peerUrls, { isLearner }) {
      deps.onAsked();
      const asked = await reach();
      const members = listOf(asked);
      if (members.some((member) => member.peerUrls.some((url) => peerUrls.includes(url))))
        throw fail('etcd/peer-url-exists');
      if (members.some((member) => member.isLearner)) throw fail('etcd/too-many-learners');
      if (!votersOf(leading(asked).disk.commit).every((voter) => isActive(asked, voter, healthMs)))
        throw fail('etcd/unhealthy');
      const member = memberOf(chance.hex(12), '', peerUrls, isLearner);
      change(asked, { kind: 'add', member });
      return recordOf(member);
    },
    async memberRemove(id) {
      deps.onAsked();
      const asked = await reach();
      const entry = entryOf(asked, id);
      if (!entry.isLearner && deps.isWhole(entry.id))
        onHarm(`voter ${entry.id} is removed with its data whole`);
      const voters = votersOf(leading(asked).disk.commit);
      const rest = voters.filter((voter) => voter.id !== entry.id);
      const active = voters.filter((voter) => isActive(asked, voter, healthMs)).length;
      const isDown = !isActive(asked, entry, 0);
      const started = rest.filter(({ name }) => name !== '').length;
      if (!entry.isLearner && started < Math.floor(rest.length / 2) + 1)
        throw fail('etcd/member-not-enough-started');
      if (!entry.isLearner && !isDown && active - 1 < 1 + Math.floor((voters.length - 1) / 2))
        throw fail('etcd/unhealthy');
      change(asked, { kind: 'remove', id: entry.id });
    },
    async memberUpdate(id, peerUrls) {
      const asked = await reach();
      const entry = entryOf(asked, id);
      change(asked, { kind: 'change', id: entry.id, to: { peerUrls } });
    },
    async memberPromote(id) {
      deps.onAsked();
      const asked = await reach();
      const entry = entryOf(asked, id);
      if (!entry.isLearner) throw fail('etcd/member-not-learner');
      const known = leading(asked).known.get(entry.id) ?? 0;
      if (known < 0.9 * leading(asked).disk.last.index) throw fail('etcd/learner-not-ready');
      change(asked, { kind: 'change', id: entry.id, to: { isLearner: false } });
    },
    alarms: async () => (leading(await reach()).disk.commit.isSealed ? [sealAlarm] : []),
    raiseAlarm: async () => change(await reach(), { kind: 'seal', isSealed: true }),
    lowerAlarm: async () => change(await reach(), { kind: 'seal', isSealed: false }),
    close: async () => {},
  };
}

/** The calls that no member is cared for by; nothing is connected before the first of them. */
function connectNowhere(): EtcdClient {
  return connect(['127.0.0.1:1']);
}

function recordOf(member: StoreMember): MemberRecord {
  return { ...member, id: idOf(member.id) };
}

function idOf(hex: string) {
  return memberId(BigInt(`0x${hex}`));
}
