// SPDX-License-Identifier: Apache-2.0

import type { MemberFinding, MemberOrder, PeerEntry } from '../../../model/index.js';
import type { StoreMember } from '../../../registry/index.js';
import type { Chance } from './chance.js';
import { append, type Change, emptyLog, entriesOf, isNewer, type LogEntry, votersOf } from './raft-log.js';

/** The data of one member, on one disk. A wiped disk is another one, with another number. */
export interface EtcdDisk {
  readonly serial: number;
  readonly memberId: string;
  readonly clusterId: string;
  term: number;
  last: LogEntry;
  commit: LogEntry;
}

/** An etcd that runs. */
export interface EtcdProcess {
  readonly machine: string;
  readonly disk: EtcdDisk;
  /** Since when the others could have talked to it. */
  readonly since: number;
  readonly onServing: () => void;
  readonly onEnd: (finding: MemberFinding) => void;
  isServing: boolean;
  leads: boolean;
  /** As leader: how much it knows each other one to have. */
  readonly known: Map<string, number>;
}

export interface EtcdModelDeps {
  readonly now: () => number;
  readonly chance: Chance;
  /** Since when two machines can talk; nothing: they cannot. */
  readonly linkedSince: (one: string, other: string) => number | undefined;
  /** Something happened that must never happen. */
  readonly onHarm: (what: string) => void;
}

export type EtcdModel = ReturnType<typeof openEtcdModel>;

/**
 * Real etcd as far as membership goes: logs, votes and terms as raft has them, the ID that a start leads to, and the
 * loss that follows when a disk comes back empty under an ID that had a vote. Nothing in here prevents that loss.
 */
export function openEtcdModel({ now, chance, linkedSince, onHarm }: EtcdModelDeps) {
  const processes = new Map<string, EtcdProcess>();
  const acknowledged = new Set<LogEntry>();
  /** What equal bootstrap flags lead to is equal. */
  const founded = new Map<string, LogEntry>();
  const ids = new Map<string, string>();
  const firstDiskOf = new Map<string, number>();
  const snapshots: LogEntry[] = [];
  const counts = { disks: 0 };

  const idOf = (seed: string) => {
    const id = ids.get(seed) ?? chance.hex(12);
    ids.set(seed, id);
    return id;
  };
  const running = () => [...processes.values()];
  const talks = (one: EtcdProcess, other: EtcdProcess) =>
    one === other || linkedSince(one.machine, other.machine) !== undefined;
  /** Those of its cluster that it reaches, itself included. */
  const peersOf = (one: EtcdProcess) =>
    running().filter((other) => other.disk.clusterId === one.disk.clusterId && talks(one, other));
  const isMajority = (entry: LogEntry, having: readonly EtcdProcess[]) => {
    const voters = votersOf(entry);
    const yes = voters.filter(({ id }) => having.some(({ disk }) => disk.memberId === id));
    return voters.length > 0 && yes.length > voters.length / 2;
  };
  const canCommit = (leader: EtcdProcess) =>
    isMajority(
      leader.disk.commit,
      peersOf(leader).filter(({ disk }) => disk.term <= leader.disk.term),
    );
  const leaderFor = (one: EtcdProcess) =>
    peersOf(one).find((other) => other.leads && other.disk.term >= one.disk.term && canCommit(other));

  const end = (one: EtcdProcess, finding: MemberFinding) => {
    if (processes.get(one.machine) !== one) return;
    processes.delete(one.machine);
    one.onEnd(finding);
  };

  /** A leader copies its log to all that it reaches; those that lag get it later. */
  const replicate = (leader: EtcdProcess, isAll: boolean) => {
    for (const other of peersOf(leader)) {
      const { disk } = other;
      const isListed = leader.disk.last.members.some(({ id }) => id === disk.memberId);
      if (other === leader || !isListed || disk.term > leader.disk.term) continue;
      if (!isAll && chance.is(0.1)) continue;
      // Facts 4.2 (b): only the leader that knew it notices that a member forgot.
      if ((leader.known.get(disk.memberId) ?? 0) > disk.last.index) {
        end(other, 'amnesiac');
        continue;
      }
      disk.term = leader.disk.term;
      other.leads = false;
      disk.last = leader.disk.last;
      leader.known.set(disk.memberId, disk.last.index);
    }
    const { disk } = leader;
    const holders = peersOf(leader).filter((other) => other.disk.last === disk.last);
    if (disk.last.term !== disk.term || !isMajority(disk.commit, holders)) return;
    for (const holder of holders) holder.disk.commit = disk.last;
  };

  const checkNothingLost = (leader: EtcdProcess) => {
    const held = new Set(entriesOf(leader.disk.last));
    const lost = [...acknowledged].filter((entry) => !held.has(entry));
    if (lost.length > 0)
      onHarm(`${lost.length} acknowledged writes are lost: ${leader.machine} leads without`);
  };

  const campaign = (one: EtcdProcess) => {
    const { disk } = one;
    if (!votersOf(disk.commit).some(({ id }) => id === disk.memberId)) return;
    const peers = peersOf(one);
    const votes = peers.filter((other) => !isNewer(other.disk.last, disk.last));
    if (!isMajority(disk.commit, votes)) return;
    const term = Math.max(...peers.map((other) => other.disk.term)) + 1;
    for (const other of peers) {
      other.leads = false;
      other.disk.term = term;
    }
    one.leads = true;
    one.known.clear();
    checkNothingLost(one);
    disk.last = append(disk.last, term, { kind: 'none' });
    replicate(one, false);
  };

  /** @throws when it cannot be known to be committed; it may be later */
  const propose = (asked: EtcdProcess, change: Change): LogEntry | undefined => {
    const leader = leaderFor(asked);
    if (leader === undefined || leader.disk.last.term !== leader.disk.term) return undefined;
    // As raft has it: one change of the list at a time.
    const isPending = leader.disk.last !== leader.disk.commit;
    const isOfMembers = ['add', 'remove', 'change'].includes(change.kind);
    const entry = append(
      leader.disk.last,
      leader.disk.term,
      isPending && isOfMembers ? { kind: 'none' } : change,
    );
    leader.disk.last = entry;
    if (!chance.is(0.03)) replicate(leader, false);
    const isDone = leader.disk.commit === entry && asked.disk.commit === entry;
    return isDone && entry.change === change ? entry : undefined;
  };

  const run = (disk: EtcdDisk, start: StartDeps) => {
    const one: EtcdProcess = {
      ...start,
      disk,
      since: now(),
      isServing: false,
      leads: false,
      known: new Map(),
    };
    processes.set(start.machine, one);
    return disk;
  };

  const birth = (memberId: string, clusterId: string, last: LogEntry): EtcdDisk => {
    counts.disks += 1;
    const first = firstDiskOf.get(memberId);
    if (first !== undefined) onHarm(`member ${memberId} is started on a second disk`);
    firstDiskOf.set(memberId, counts.disks);
    return { serial: counts.disks, memberId, clusterId, term: last.term, last, commit: last };
  };

  const foundLog = (token: string, entries: readonly PeerEntry[], base: LogEntry) => {
    const key = `${token} ${base.index} ${JSON.stringify([...entries].sort((a, b) => (a.name < b.name ? -1 : 1)))}`;
    const members = entries.map(({ name, urls }) => memberOf(idOf(`${token} ${urls}`), name, urls, false));
    const log = founded.get(key) ?? append(base, base.term + 1, { kind: 'found', members });
    founded.set(key, log);
    return { log, clusterId: idOf(`cluster ${key}`) };
  };

  return {
    running,
    leaderFor,
    peersOf,
    propose,
    snapshots,
    acknowledged,
    processOn: (machine: string) => processes.get(machine),

    /** Flags that say `new` or `existing`, on an empty disk: the disk that becomes of it, or why nothing does. */
    startFirst(order: FirstStart, start: StartDeps): EtcdDisk | MemberFinding {
      const { name, token, initialCluster, state } = order;
      const own = initialCluster.find((entry) => entry.name === name)?.urls ?? [];
      const others = running().filter(
        ({ machine, disk }) =>
          linkedSince(start.machine, machine) !== undefined &&
          initialCluster.some(({ urls }) => disk.commit.members.some((m) => sharesUrl(m.peerUrls, urls))),
      );
      if (state === 'new') {
        const { log, clusterId } = foundLog(token, initialCluster, emptyLog);
        const memberId = idOf(`${token} ${own}`);
        const isKnown = others.some(({ disk }) =>
          disk.commit.members.some(({ id, clientUrls }) => id === memberId && clientUrls.length > 0),
        );
        if (isKnown) return 'bootstrapped';
        return run(birth(memberId, clusterId, log), start);
      }
      const told = chance.oneOf(others);
      if (told === undefined) return 'no-peers';
      const { members } = told.disk.commit;
      const entry = members.find(({ peerUrls }) => sharesUrl(peerUrls, own));
      const isSame = initialCluster.every(({ urls }) => members.some((m) => sharesUrl(m.peerUrls, urls)));
      if (entry === undefined || !isSame || members.length !== initialCluster.length) return 'stale-list';
      return run(birth(entry.id, told.disk.clusterId, emptyLog), start);
    },

    /** A snapshot restored by each of the list: a new cluster that begins with it. */
    restore(order: RestoreStart): EtcdDisk | undefined {
      const base = snapshots[Number(order.snapshot.url)];
      if (base === undefined) return undefined;
      const { log, clusterId } = foundLog(order.token, order.initialCluster, base);
      const own = order.initialCluster.find(({ name }) => name === order.name)?.urls ?? [];
      return birth(idOf(`${order.token} ${own}`), clusterId, log);
    },

    startAgain: (disk: EtcdDisk, start: StartDeps) => run(disk, start),

    /** Killed, or its machine lost power. */
    stop(machine: string) {
      processes.delete(machine);
    },

    /** What happens by itself in a tenth of a second. */
    tick() {
      for (const one of running()) {
        if (one.leads && leaderFor(one) !== one) one.leads = false;
        if (one.leads) replicate(one, true);
      }
      for (const one of running()) {
        const leader = leaderFor(one);
        if (leader === undefined) {
          if (chance.is(0.15)) campaign(one);
          continue;
        }
        const entry = leader.disk.commit.members.find(({ id }) => id === one.disk.memberId);
        const isRemoved = entry === undefined && leader.disk.last === leader.disk.commit;
        if (isRemoved) end(one, 'removed');
        if (entry === undefined || one.isServing || one.disk.commit.index === 0) continue;
        const clientUrls = [`http://${one.machine}:2379`];
        const to = { name: one.machine, clientUrls };
        const isPublished = entry.name === to.name && entry.clientUrls.length > 0;
        if (!isPublished && propose(leader, { kind: 'change', id: entry.id, to }) === undefined) continue;
        one.isServing = true;
        one.onServing();
      }
    },

    /** A client writes; what is acknowledged must be there for ever. */
    write() {
      const asked = chance.oneOf(running());
      const leader = asked && leaderFor(asked);
      if (asked === undefined || leader?.disk.commit.isSealed !== false) return;
      if (!votersOf(leader.disk.commit).some(({ id }) => id === asked.disk.memberId)) return;
      const entry = propose(asked, { kind: 'put' });
      if (entry !== undefined) acknowledged.add(entry);
    },
  };
}

/** Who starts it, and who hears of it. */
export type StartDeps = Pick<EtcdProcess, 'machine' | 'onServing' | 'onEnd'>;
export type FirstStart = Pick<
  Extract<MemberOrder, { readonly kind: 'start' }>,
  'name' | 'token' | 'initialCluster' | 'state'
>;
export type RestoreStart = Extract<MemberOrder, { readonly kind: 'restore' }>;

export function memberOf(
  id: string,
  name: string,
  peerUrls: readonly string[],
  isLearner: boolean,
): StoreMember {
  return { id, name, peerUrls, clientUrls: [], isLearner };
}

function sharesUrl(left: readonly string[], right: readonly string[]): boolean {
  return left.some((url) => right.includes(url));
}
