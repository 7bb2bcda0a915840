// SPDX-License-Identifier: Apache-2.0

import type { MemberOrder, MemberReport } from '../../model/index.js';
import type { StoreMember, StoreRecord } from '../../registry/index.js';
import type { ClusterSight, MemberPlanInput, WantedMember } from './member-plan-input.js';
import type { MemberStep } from './member-step.js';
import { failuresAfter, retryAfterMs } from './retry.js';

/** One machine, its entry in the member list, and what it says. */
interface Seat {
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** By ID where its place or its data tells, else by name, else by peer URL. */
  readonly entry: StoreMember | undefined;
  readonly report: MemberReport | undefined;
}

type Quorum = Extract<ClusterSight, { readonly kind: 'quorum' }>;

/**
 * Keeps a cluster that was formed: every machine's order as its disk needs it, and at most one change of the member
 * list. With no quorum only members that still have their data are started; that is always safe.
 */
export function planFormed(input: MemberPlanInput, record: StoreRecord): readonly MemberStep[] {
  const members = input.sight.kind === 'quorum' ? input.sight.members : record.members;
  const seats = input.wanted.map((member) => seatOf(input, record, members, member));
  const orders = seats.flatMap((seat) => planOrder(input, record, members, seat));
  if (input.sight.kind === 'silent') return orders;
  const change = planChange(input, record, input.sight, seats);
  return [...planLearned(record, input.sight), ...orders, ...(change === undefined ? [] : [change])];
}

function seatOf(
  input: MemberPlanInput,
  record: StoreRecord,
  members: readonly StoreMember[],
  member: WantedMember,
): Seat {
  const report = input.reports.get(member.name);
  const peerUrls = report !== undefined && report.peerUrls.length > 0 ? report.peerUrls : member.peerUrls;
  const ids = [
    report?.disk.kind === 'data' ? report.disk.memberId : '',
    record.places[member.name]?.memberId ?? '',
  ];
  const others = new Set(input.wanted.map(({ name }) => name).filter((name) => name !== member.name));
  const entry =
    members.find(({ id }) => ids.includes(id)) ??
    members.find(({ name }) => name === member.name) ??
    // The address may have been another machine's, which is known by its name.
    members.find((other) => !others.has(other.name) && other.peerUrls.some((url) => peerUrls.includes(url)));
  return { name: member.name, peerUrls, entry, report };
}

/** What a machine shall do with the disk it has. */
function planOrder(
  input: MemberPlanInput,
  record: StoreRecord,
  members: readonly StoreMember[],
  seat: Seat,
): readonly MemberStep[] {
  const { name, report } = seat;
  if (report === undefined || report.disk.kind === 'empty') return [];
  const hasQuorum = input.sight.kind === 'quorum';
  const order = orderFor(record, members, seat, report, hasQuorum) ?? holdBack(input, name);
  if (order === undefined || isStanding(input, name, order)) return [];
  const reason = 'reason' in order ? order.reason : 'its data is a member’s';
  return [{ kind: 'write', event: 'ordered', orders: new Map([[name, order]]), machine: name, reason }];
}

/** With no quorum nobody knows any more that what a standing order would wipe is of no use. */
function holdBack(input: MemberPlanInput, name: string): MemberOrder | undefined {
  if (input.sight.kind === 'quorum' || input.orders.get(name)?.order.kind !== 'wipe') return undefined;
  return { kind: 'hold', reason: 'no quorum answers, so that nothing is wiped' };
}

function orderFor(
  record: StoreRecord,
  members: readonly StoreMember[],
  { name }: Seat,
  report: MemberReport,
  hasQuorum: boolean,
): MemberOrder | undefined {
  const { disk, process } = report;
  const wipe = (memberId: string, reason: string): MemberOrder | undefined =>
    // What is on a disk is given up only when it is known that nobody needs it.
    hasQuorum ? { kind: 'wipe', memberId, reason } : undefined;
  // It may be readable again in a moment; an operator who reboots the machine gives it up.
  if (disk.kind !== 'data') return undefined;
  const { memberId, clusterId } = disk;
  if (clusterId !== record.clusterId) return wipe(memberId, `its data is of cluster ${clusterId}`);
  if (!members.some(({ id }) => id === memberId)) {
    return wipe(memberId, `the cluster has no member ${memberId} any more`);
  }
  if (process.kind === 'ended' && isGivenUp(process.finding)) {
    return wipe(memberId, `member ${memberId} cannot go on: ${process.words}`);
  }
  return { kind: 'resume', memberId, name };
}

/** Endings after which the same data under the same ID would be a danger, or of no use. */
function isGivenUp(finding: string): boolean {
  return ['removed', 'amnesiac', 'bootstrapped', 'other-cluster', 'damaged', 'stale-list'].includes(finding);
}

/** A place that was started once goes on by itself, with the data it then has. */
function isStanding(input: MemberPlanInput, name: string, order: MemberOrder): boolean {
  const standing = input.orders.get(name)?.order;
  if (standing === undefined) return false;
  if (order.kind === 'resume') {
    const isItsStart = standing.kind === 'start' || standing.kind === 'restore';
    const process = input.reports.get(name)?.process.kind;
    if (isItsStart && process !== 'stopped') return true;
    return standing.kind === 'resume' && standing.memberId === order.memberId;
  }
  return order.kind === 'wipe' && standing.kind === 'wipe' && standing.memberId === order.memberId;
}

function planLearned(record: StoreRecord, sight: Quorum): readonly MemberStep[] {
  if (JSON.stringify(record.members) === JSON.stringify(sight.members)) return [];
  const next = { ...record, members: sight.members };
  const reason = 'the member list changed';
  return [{ kind: 'write', event: 'learned', record: next, orders: new Map(), machine: '', reason }];
}

/** The one change of the member list that comes next. Those that make the cluster safer come first. */
function planChange(
  input: MemberPlanInput,
  record: StoreRecord,
  sight: Quorum,
  seats: readonly Seat[],
): MemberStep | undefined {
  return (
    firstOf(seats, (seat) => planRemoval(record, sight, seat)) ??
    planOrphan(record, sight, seats) ??
    planDropped(input, record, sight, seats) ??
    firstOf(seats, planUpdate) ??
    firstOf(seats, planPromotion) ??
    planAddition(input, record, sight, seats) ??
    planReplacement(input, record, sight, seats)
  );
}

function firstOf(seats: readonly Seat[], plan: (seat: Seat) => MemberStep | undefined) {
  for (const seat of seats) {
    const step = plan(seat);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** A member whose disk is empty again, or a learner whose machine has gone. A silent voter is left alone. */
function planRemoval(record: StoreRecord, sight: Quorum, seat: Seat): MemberStep | undefined {
  const { name, entry, report } = seat;
  if (entry === undefined) return undefined;
  const remove = (reason: string): MemberStep => ({
    kind: 'remove',
    machine: name,
    memberId: entry.id,
    reason,
  });
  if (report === undefined) {
    return entry.isLearner ? remove('its machine went away before it had a vote') : undefined;
  }
  if (entry.isLearner && hasMoved(seat)) return remove('its address changed before it had a vote');
  if (report.disk.kind !== 'empty') return undefined;
  if (isPlaceOf(record, seat)) return undefined;
  if (!entry.isLearner && !mayLoseVoter(sight)) return undefined;
  const was = entry.name === '' ? 'its place was for another disk' : 'its disk is empty';
  return remove(`${was}, so member ${entry.id} must not come back`);
}

/** Added for a machine that has moved since, before its place was written down. */
function planOrphan(record: StoreRecord, sight: Quorum, seats: readonly Seat[]): MemberStep | undefined {
  const { adding } = record;
  if (adding === undefined) return undefined;
  const known = new Set([
    ...seats.map(({ entry }) => entry?.id),
    ...Object.values(record.places).map(({ memberId }) => memberId),
  ]);
  const orphan = sight.members.find(
    ({ id, name, isLearner, peerUrls }) =>
      isLearner && name === '' && !known.has(id) && sameSet(peerUrls, adding),
  );
  if (orphan === undefined) return undefined;
  return { kind: 'remove', machine: '', memberId: orphan.id, reason: 'its place was never written down' };
}

/** Whether the disk is the very one that the entry was added for. */
function isPlaceOf(record: StoreRecord, { name, entry, report }: Seat): boolean {
  const place = record.places[name];
  if (place === undefined || entry === undefined || report?.disk.kind !== 'empty') return false;
  // Founders learn their ID by starting.
  return place.nonce === report.disk.nonce && (place.memberId === '' || place.memberId === entry.id);
}

/** Two voters are the least that muster makes of more by itself. */
function mayLoseVoter(sight: Quorum): boolean {
  return sight.members.filter(({ isLearner }) => !isLearner).length > 2;
}

/** A machine that was a member and is in the cluster file no more; only when all other members are well. */
function planDropped(
  input: MemberPlanInput,
  record: StoreRecord,
  sight: Quorum,
  seats: readonly Seat[],
): MemberStep | undefined {
  const wanted = new Set(input.wanted.map(({ name }) => name));
  const seated = new Set(seats.map(({ entry }) => entry?.id));
  const dropped = sight.members.find(
    ({ id, name }) => !seated.has(id) && !wanted.has(name) && record.places[name] !== undefined,
  );
  const present = seats.filter(({ entry }) => entry !== undefined);
  if (dropped === undefined || !present.every(isServing)) return undefined;
  const reason = 'the cluster file does not name it as a member any more';
  return { kind: 'remove', machine: dropped.name, memberId: dropped.id, reason };
}

function isServing({ entry, report }: Seat): boolean {
  return entry !== undefined && !entry.isLearner && report?.process.kind === 'serving';
}

/** Its address changed and its data did not: the others must know before they lose it. */
function planUpdate(seat: Seat): MemberStep | undefined {
  const { name, entry, peerUrls } = seat;
  // etcd lists a learner that was updated as a voter, and never promotes it (seen with 3.4).
  if (entry === undefined || entry.isLearner || !hasMoved(seat)) return undefined;
  const reason = `its peer URLs were ${entry.peerUrls.join(', ')}`;
  return { kind: 'update', machine: name, memberId: entry.id, peerUrls, reason };
}

/** Its machine has its data, at another address than the list has. */
function hasMoved({ entry, report, peerUrls }: Seat): boolean {
  if (entry === undefined || report?.disk.kind !== 'data' || report.disk.memberId !== entry.id) return false;
  return !sameSet(entry.peerUrls, peerUrls);
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item));
}

function planPromotion({ name, entry, report }: Seat): MemberStep | undefined {
  if (entry === undefined || !entry.isLearner) return undefined;
  if (report?.disk.kind !== 'data' || report.disk.memberId !== entry.id) return undefined;
  if (report.process.kind !== 'serving') return undefined;
  const { id: memberId, clientUrls } = entry;
  return { kind: 'promote', machine: name, memberId, clientUrls, reason: 'it serves and has caught up' };
}

/**
 * A voter that has been away for so long that the operator lets it go, told in the cluster file. One at a time: the next
 * one only when all others are well, so that those left are a quorum that nobody has to wait for.
 */
function planReplacement(
  { now, awaySince, replaceAfterMs }: MemberPlanInput,
  record: StoreRecord,
  sight: Quorum,
  seats: readonly Seat[],
): MemberStep | undefined {
  if (replaceAfterMs === undefined || !mayLoseVoter(sight)) return undefined;
  const away = seats.filter(({ entry, report }) => entry !== undefined && report === undefined);
  const isOver = ({ name }: Seat) => now - (awaySince.get(name) ?? now) >= replaceAfterMs;
  const present = seats.filter((seat) => seat.entry !== undefined && !away.includes(seat));
  const seat = away.find(isOver);
  if (seat?.entry === undefined || present.length < 2 || !present.every(isServing)) return undefined;
  if (record.places[seat.name] === undefined) return undefined;
  return {
    kind: 'remove',
    machine: seat.name,
    memberId: seat.entry.id,
    unlessAt: seat.entry.clientUrls,
    reason: `its machine was away for ${Math.round(replaceAfterMs / 1000)} s, as long as the cluster file lets it`,
  };
}

/** One learner at a time: etcd takes no more, and each next one needs all voters to be well. */
function planAddition(
  input: MemberPlanInput,
  record: StoreRecord,
  sight: Quorum,
  seats: readonly Seat[],
): MemberStep | undefined {
  if (sight.members.some(({ isLearner }) => isLearner)) return undefined;
  if (sight.members.some(({ name }) => name === '')) return undefined;
  for (const { name, entry, report, peerUrls } of seats) {
    if (entry !== undefined || report?.disk.kind !== 'empty' || report.version === '') continue;
    const place = record.places[name];
    if (place !== undefined && input.now < place.at + retryAfterMs(failuresAfter(place))) continue;
    const { nonce } = report.disk;
    return { kind: 'add', machine: name, peerUrls, nonce, reason: 'its disk is empty' };
  }
  return undefined;
}
