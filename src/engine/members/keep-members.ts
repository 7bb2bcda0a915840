// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Log, type Random, randomHex } from '../../effects/index.js';
import type { EtcdClient } from '../../etcd/index.js';
import {
  type BootstrapKind,
  isMusterError,
  type MachineId,
  type MemberReport,
  type PeerEntry,
} from '../../model/index.js';
import type {
  ClusterSnapshot,
  Leadership,
  SnapshotSource,
  StoreRecord,
  StoreRegistry,
  StoreView,
} from '../../registry/index.js';
import { type ClusterLink, openClusterLink } from './cluster-link.js';
import { foldStoreView } from './fold-store-view.js';
import type { MemberPlanInput, WantedMember } from './member-plan-input.js';
import type { MemberStep } from './member-step.js';
import { performStep, type StepDeps, type Written } from './perform-step.js';
import { planMembers } from './plan-members.js';

/** The members that a cluster file asks for. */
export interface WantedCluster {
  readonly bootstrap: BootstrapKind;
  /** With `discovery`: how many found it, those of others included. */
  readonly size: number;
  /** As `MemberPlanInput` has it. */
  readonly replaceAfterMs: number | undefined;
  readonly members: readonly (WantedMember & { readonly id: MachineId })[];
}

export interface KeepMembersDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly store: StoreRegistry;
  readonly connect: (endpoint: string) => EtcdClient;
  readonly saveSnapshot: (member: EtcdClient) => Promise<SnapshotSource>;
  readonly offerSnapshot: StepDeps['offerSnapshot'];
  readonly reserveSlots: StepDeps['reserveSlots'];
  /** Who has registered under a token, in order. */
  readonly slotsOf: (token: string) => Promise<readonly PeerEntry[]>;
  /** Nothing: the machines run no etcd. */
  readonly wantedOf: (snapshot: ClusterSnapshot) => WantedCluster | undefined;
}

/** The latest snapshot of the registry, and a way to wait for one that is newer. */
export interface SnapshotDesk {
  latest(): ClusterSnapshot | undefined;
  /** Resolves when there is one newer than `revision`, or `signal` fired. */
  newer(revision: number, signal: AbortSignal): Promise<void>;
}

/**
 * etcd has no watch on its member list: how often it is looked at when all is well, when something is under way, and
 * while a learner that has just come catches up.
 */
const pauses = { calm: 2_000, busy: 200, promoting: 50 } as const;

/**
 * Keeps the etcd cluster of the machines whole as long as the leadership lasts: looks, plans, does one change, looks
 * again. Resolves once `signal` fired, or another engine leads.
 */
export async function keepMembers(
  deps: KeepMembersDeps,
  leadership: Leadership,
  desk: SnapshotDesk,
  signal: AbortSignal,
): Promise<void> {
  const link = openClusterLink({ clock: deps.clock, connect: deps.connect });
  /** Not written down: what was while nobody looked is not known. */
  const awaySince = new Map<string, number>();
  try {
    while (!signal.aborted) {
      const snapshot = desk.latest();
      const wanted = snapshot && deps.wantedOf(snapshot);
      if (snapshot === undefined || wanted === undefined) {
        await desk.newer(snapshot?.revision ?? 0, signal);
        continue;
      }
      noteAway(awaySince, deps.clock.now(), wanted, reportsOf(snapshot, wanted));
      const turn = await takeTurn({ ...deps, awaySince }, leadership, link, snapshot, wanted);
      if (turn === 'lost') return;
      // To plan on a snapshot from before what was done would do it twice.
      if (typeof turn === 'number') await desk.newer(turn - 1, signal);
      else await until(deps.clock, desk, snapshot.revision, pauses[turn], signal);
    }
  } finally {
    await link.close();
  }
}

/** A number: something was written, at this revision. */
type Turn = keyof typeof pauses | 'lost' | number;

interface TurnDeps extends KeepMembersDeps {
  readonly awaySince: ReadonlyMap<string, number>;
}

function noteAway(
  awaySince: Map<string, number>,
  now: number,
  { members }: WantedCluster,
  reports: ReadonlyMap<string, MemberReport>,
): void {
  for (const { name } of members) {
    if (reports.has(name)) awaySince.delete(name);
    else if (!awaySince.has(name)) awaySince.set(name, now);
  }
}

async function takeTurn(
  deps: TurnDeps,
  leadership: Leadership,
  link: ClusterLink,
  snapshot: ClusterSnapshot,
  wanted: WantedCluster,
): Promise<Turn> {
  const { store: record, memberOrders: orders, storeRequest: request } = snapshot;
  const reports = reportsOf(snapshot, wanted);
  const sight = await link.look(endpointsOf(snapshot, reports), isClusterOf(record));
  const input: MemberPlanInput = {
    now: deps.clock.now(),
    bootstrap: wanted.bootstrap,
    size: wanted.size,
    slots: isGathering(record) ? await deps.slotsOf(record.token) : [],
    wanted: wanted.members,
    record,
    request,
    orders,
    reports,
    sight,
    awaySince: deps.awaySince,
    replaceAfterMs: wanted.replaceAfterMs,
    isStopping: wanted.members.some(({ name }) => isStopping(snapshot, name)),
    newToken: () => randomHex(deps.random, 16),
  };
  const view = foldStoreView(input, snapshot.storeView);
  const told = await tell(deps, leadership, snapshot.storeView, view);
  if (told === undefined) return 'lost';
  const steps = planMembers(input);
  for (const step of steps) {
    const outcome = await attempt(deps, leadership, link, snapshot, step);
    // One at a time: the next would be built on records from before it.
    if (outcome !== 'refused') return outcome ?? 'lost';
  }
  if (told !== 'same') return told;
  if (steps.some(({ kind }) => kind === 'promote')) return 'promoting';
  return view.state === 'ok' ? 'calm' : 'busy';
}

/** Founders of others are waited for. */
function isGathering(record: StoreRecord | undefined): record is StoreRecord {
  return record?.phase === 'forming' && record.discovery !== undefined && record.restore === undefined;
}

/** The one that was formed; before that any but those that were given up. */
function isClusterOf(record: StoreRecord | undefined): (clusterId: string) => boolean {
  const known = record?.clusterId ?? '';
  if (known !== '') return (clusterId) => clusterId === known;
  return (clusterId) => record?.givenUp?.includes(clusterId) !== true;
}

function isStopping({ orders, lives }: ClusterSnapshot, name: string): boolean {
  const order = orders.get(name);
  if (order === undefined) return false;
  return order.want === 'off' || order.modRevision > (lives.get(name)?.handledOrder ?? 0);
}

/** The view when it changed, and the event when it is another state. */
async function tell(
  deps: KeepMembersDeps,
  leadership: Leadership,
  before: StoreView | undefined,
  view: StoreView,
): Promise<Written | 'same'> {
  if (view === before) return 'same';
  const { state, reason } = view;
  const isNews = before?.state !== state && !['waiting', 'healing'].includes(state);
  const event = { at: deps.clock.now(), kind: state, machine: '', memberId: '', reason };
  if (isNews) deps.log.info('the store’s cluster', { state, reason });
  const change = { view, ...(isNews && { events: [event] }) };
  return deps.store.record(leadership, change);
}

async function attempt(
  deps: KeepMembersDeps,
  leadership: Leadership,
  link: ClusterLink,
  snapshot: ClusterSnapshot,
  step: MemberStep,
): Promise<Written | 'refused'> {
  const stepDeps: StepDeps = {
    now: () => deps.clock.now(),
    store: deps.store,
    leadership,
    connect: deps.connect,
    saveSnapshot: deps.saveSnapshot,
    offerSnapshot: deps.offerSnapshot,
    reserveSlots: deps.reserveSlots,
  };
  const about = { step: step.kind, ...('machine' in step && { machine: step.machine }), reason: step.reason };
  try {
    const outcome = await performStep(stepDeps, step, snapshot.store, link.member());
    deps.log.info('member step', about);
    return outcome;
  } catch (error) {
    const isLater = isMusterError(error) && error.retry !== 'never';
    const words = error instanceof Error ? error.message : String(error);
    deps.log[isLater ? 'debug' : 'warn']('member step refused', { ...about, words });
    link.next();
    return 'refused';
  }
}

function reportsOf(snapshot: ClusterSnapshot, { members }: WantedCluster): ReadonlyMap<string, MemberReport> {
  const reports = new Map<string, MemberReport>();
  for (const { name, id } of members) {
    const node = snapshot.nodes.get(id);
    const life = snapshot.lives.get(name);
    // What a machine said of itself outlives it by up to its lease.
    const isOver = life?.isBootOver === true && life.bootId === node?.bootId;
    if (node?.member !== undefined && !isOver) reports.set(name, node.member);
  }
  return reports;
}

/** Members that are known to serve first; those of the list too, whose machine may have lost its lease. */
function endpointsOf(
  snapshot: ClusterSnapshot,
  reports: ReadonlyMap<string, MemberReport>,
): readonly string[] {
  const told = [...reports.values()]
    .filter(({ disk }) => disk.kind === 'data')
    .flatMap((report) => report.clientUrls);
  const listed = (snapshot.store?.members ?? []).filter(({ isLearner }) => !isLearner);
  return [...new Set([...told, ...listed.flatMap(({ clientUrls }) => clientUrls)])];
}

async function until(
  clock: Clock,
  desk: SnapshotDesk,
  revision: number,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const end = () => done.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    await Promise.race([desk.newer(revision, done.signal), clock.sleep(ms, done.signal)]);
  } finally {
    end();
    signal.removeEventListener('abort', end);
  }
}
