// SPDX-License-Identifier: Apache-2.0

import type { MemberOrder, MemberReport, PeerEntry } from '../../model/index.js';
import type { MemberPlace, StoreRecord } from '../../registry/index.js';
import type { ClusterSight, MemberPlanInput, WantedMember } from './member-plan-input.js';
import type { MemberStep } from './member-step.js';
import { failuresAfter, retryAfterMs } from './retry.js';

interface Founder {
  readonly name: string;
  readonly nonce: string;
  readonly urls: readonly string[];
}

/**
 * Founds a cluster: gives a new token to empty disks. A founding that no machine remembers is begun anew, under another
 * token, so that no disk comes back under an ID that has spoken. One that some machine remembers and that has no
 * quorum is left alone: what was acknowledged there nobody can know.
 *
 * @param before the founding under way
 */
export function planFounding(input: MemberPlanInput, before: StoreRecord | undefined): readonly MemberStep[] {
  const { wanted, reports, sight, now } = input;
  if (before === undefined && sight.kind === 'quorum') return [adopt(input, sight)];
  const restoring = before?.restore !== undefined;
  if (restoring) {
    const strays = planStrays(input, before);
    if (strays.length > 0) return strays;
  }
  const places = before?.places ?? {};
  const hasPlaces = Object.keys(places).length > 0;
  if (hasPlaces && !isForgotten(places, reports)) return planAgain(input, places);
  // Founders that are no machines of the cluster file may remember what these have forgotten, whatever kind of
  // bootstrap the file has by now.
  if (hasPlaces && !restoring && hasOthers(before)) return [];
  if (Object.values(places).some((place) => now < place.at + retryAfterMs(failuresAfter(place)))) return [];
  const ready = restoring ? findRestorers(input, sight) : findFounders(input);
  if (ready.length === 0) return [];
  const token = hasPlaces || before === undefined ? input.newToken() : before.token;
  const isGathering = input.bootstrap === 'discovery' && !restoring;
  const isReserved = token === before?.token && before.discovery !== undefined;
  if (isGathering && !isReserved) return [reserve(input, before, ready, token)];
  const founders = isGathering ? ready.filter((founder) => hasSlot(input, founder)) : ready;
  if (isGathering && input.slots.length < (before?.discovery?.size ?? 0)) {
    // A token that expired while nobody looked, or whose slots of ours were freed, never becomes full of ours again.
    return founders.length < ready.length ? [reserve(input, before, ready, input.newToken())] : [];
  }
  // All the slots are with others: theirs is another cluster.
  if (founders.length === 0) return [reserve(input, before, ready, input.newToken())];
  const failures = Math.max(0, ...Object.values(places).map(failuresAfter));
  const record: StoreRecord = {
    phase: 'forming',
    token,
    clusterId: '',
    members: [],
    places: Object.fromEntries(
      founders.map(({ name, nonce }): [string, MemberPlace] => [
        name,
        { nonce, memberId: '', at: now, failures },
      ]),
    ),
    ...(before?.givenUp && { givenUp: before.givenUp }),
    ...((isGathering || restoring) && before?.discovery && { discovery: before.discovery }),
    ...(before?.restore && { restore: before.restore }),
  };
  const all = isGathering ? input.slots : founders.map(({ name, urls }) => ({ name, urls }));
  const orders = new Map(founders.map((founder) => [founder.name, orderTo(founder, all, record)]));
  const names = founders.map(({ name }) => name).join(', ');
  const reason = restoring
    ? `${names} with revision ${before?.restore?.revision ?? 0}`
    : `${names} of ${wanted.length} machines with empty disks`;
  return [{ kind: 'write', event: 'founding', record, orders, machine: '', reason }];
}

/** The slots of its own machines are taken before anybody else can hear of the token. */
function reserve(
  input: MemberPlanInput,
  before: StoreRecord | undefined,
  founders: readonly Founder[],
  token: string,
): MemberStep {
  const size = Math.max(input.size, founders.length);
  const free = size - founders.length;
  return {
    kind: 'reserve',
    token,
    size,
    members: founders.map(({ name, urls }) => ({ name, urls })),
    record: {
      phase: 'forming',
      token,
      clusterId: '',
      members: [],
      places: {},
      ...(before?.givenUp && { givenUp: before.givenUp }),
    },
    reason: `${founders.length} of ${size} slots are taken by its machines, ${free} are for others`,
  };
}

function hasSlot({ slots }: MemberPlanInput, { name, urls }: Founder): boolean {
  const wanted = [...urls].sort().join();
  return slots.some((slot) => slot.name === name && [...slot.urls].sort().join() === wanted);
}

function hasOthers(record: StoreRecord | undefined): boolean {
  return (record?.discovery?.size ?? 0) > Object.keys(record?.places ?? {}).length;
}

/** muster's own record is gone, the cluster is not. */
function adopt(
  input: MemberPlanInput,
  sight: Extract<MemberPlanInput['sight'], { readonly kind: 'quorum' }>,
): MemberStep {
  const { clusterId, members } = sight;
  const token = input.newToken();
  // Theirs by name. No disk is known to be empty, so that no nonce is good for them.
  const places = input.wanted.flatMap(({ name }): [string, MemberPlace][] => {
    const id = members.find((member) => member.name === name)?.id;
    return id === undefined ? [] : [[name, { nonce: '', memberId: id, at: 0, failures: 0 }]];
  });
  return {
    kind: 'write',
    event: 'adopted',
    record: { phase: 'formed', token, clusterId, members, places: Object.fromEntries(places) },
    orders: new Map(),
    machine: '',
    reason: `a cluster of ${members.length} members runs on these machines already`,
  };
}

/** Data of before has no place in what is made of a snapshot. */
function planStrays(input: MemberPlanInput, record: StoreRecord): readonly MemberStep[] {
  return [...input.reports]
    .filter(([name, { disk }]) => disk.kind !== 'empty' && record.places[name] === undefined)
    .filter(([name]) => input.orders.get(name)?.order.kind !== 'wipe')
    .map(([machine]) => {
      const reason = 'its data is of the cluster that was given up';
      const order: MemberOrder = { kind: 'wipe', memberId: 'any', reason };
      return { kind: 'write', event: 'ordered', orders: new Map([[machine, order]]), machine, reason };
    });
}

/** A founder whose agent was started anew goes on with the data it has. */
function planAgain(input: MemberPlanInput, places: StoreRecord['places']): readonly MemberStep[] {
  return [...input.reports].flatMap(([machine, { disk, process }]): readonly MemberStep[] => {
    if (disk.kind !== 'data' || process.kind !== 'stopped' || places[machine] === undefined) return [];
    if (input.orders.get(machine)?.order.kind === 'resume') return [];
    const order: MemberOrder = { kind: 'resume', memberId: disk.memberId, name: machine };
    const orders = new Map([[machine, order]]);
    return [
      { kind: 'write', event: 'ordered', orders, machine, reason: 'it had begun to found the cluster' },
    ];
  });
}

/** Whether every founder is there and says that its disk is empty and another than the one that was given a place. */
function isForgotten(places: StoreRecord['places'], reports: ReadonlyMap<string, MemberReport>): boolean {
  return Object.entries(places).every(([name, { nonce }]) => {
    const disk = reports.get(name)?.disk;
    return disk?.kind === 'empty' && disk.nonce !== nonce;
  });
}

function findReady({ wanted, reports }: MemberPlanInput): readonly Founder[] {
  return wanted
    .map((member) => founderOf(member, reports.get(member.name)))
    .filter((founder) => founder !== undefined);
}

function findFounders(input: MemberPlanInput): readonly Founder[] {
  const ready = findReady(input);
  // One that has not spoken yet may hold what all others have lost.
  if (ready.length < input.wanted.length) return [];
  return input.bootstrap === 'seed' ? ready.slice(0, 1) : ready;
}

/** How long machines that are not there yet are waited for, when those that are could begin. */
const patienceMs = 5_000;

/** All have the same snapshot to begin with, so that as many as are there begin together. */
function findRestorers(input: MemberPlanInput, sight: ClusterSight): readonly Founder[] {
  const ready = findReady(input);
  const isPatient = sight.kind === 'silent' && input.now - sight.since < patienceMs;
  const awaited = isPatient ? input.wanted.length : input.reports.size;
  return ready.length >= awaited ? ready : [];
}

function founderOf(member: WantedMember, report: MemberReport | undefined): Founder | undefined {
  if (report === undefined || report.disk.kind !== 'empty' || report.version === '') return undefined;
  const urls = report.peerUrls.length > 0 ? report.peerUrls : member.peerUrls;
  return { name: member.name, nonce: report.disk.nonce, urls };
}

function orderTo(founder: Founder, initialCluster: readonly PeerEntry[], record: StoreRecord): MemberOrder {
  const { name, nonce } = founder;
  const { token, restore, discovery } = record;
  if (restore !== undefined) {
    const snapshot = { url: restore.path, ticket: '', sha256: restore.sha256 };
    return { kind: 'restore', nonce, name, token, initialCluster, snapshot };
  }
  // With discovery etcd makes its IDs of the whole URL.
  return { kind: 'start', nonce, name, state: 'new', token: discovery?.url ?? token, initialCluster };
}
