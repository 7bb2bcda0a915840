// SPDX-License-Identifier: Apache-2.0

import type { EtcdClient } from '../../etcd/index.js';
import { isMusterError, type MemberOrder, memberId, type PeerEntry } from '../../model/index.js';
import type {
  Leadership,
  SnapshotSource,
  StoreChange,
  StoreEvent,
  StoreRecord,
  StoreRegistry,
} from '../../registry/index.js';
import { sealAlarm, storeMembersOf } from './cluster-link.js';
import { isSilent } from './is-silent.js';
import type { MemberStep } from './member-step.js';
import { failuresAfter, settled } from './retry.js';

export interface StepDeps {
  readonly now: () => number;
  readonly store: StoreRegistry;
  readonly leadership: Leadership;
  /** A client of one endpoint. */
  readonly connect: (endpoint: string) => EtcdClient;
  /** Saves the cluster as it is, checks the file, and tells where it lies. */
  readonly saveSnapshot: (member: EtcdClient) => Promise<SnapshotSource>;
  /** How a machine gets at a snapshot: where it fetches it, and with what it proves that it may. */
  readonly offerSnapshot: (source: SnapshotSource) => { readonly url: string; readonly ticket: string };
  /** Takes slots under a token of muster's own discovery service; its URL. Repeating it changes nothing. */
  readonly reserveSlots: (
    token: string,
    size: number,
    members: readonly PeerEntry[],
  ) => Promise<{ readonly url: string }>;
}

/**
 * The revision at which it was written down, in records that are in every snapshot from then on; nothing: somebody else
 * leads now, and nothing was written.
 */
export type Written = number | undefined;

/**
 * Carries out one step. Every step may be repeated, and broken off anywhere: what is half done is seen in the next
 * look at the cluster. Changes of the list throw what the cluster answers; it is often no last word.
 */
export async function performStep(
  deps: StepDeps,
  step: MemberStep,
  record: StoreRecord | undefined,
  member: EtcdClient | undefined,
): Promise<Written> {
  if (step.kind === 'write') return write(deps, step);
  if (step.kind === 'reserve') {
    // The slots come before the record: a crash in between leaves a token that nobody was told of.
    const { url } = await deps.reserveSlots(step.token, step.size, step.members);
    const discovery = { url, size: step.size };
    return put(deps, { record: { ...step.record, discovery } }, event(deps, 'registered', step));
  }
  if (record === undefined || member === undefined) throw new Error(`nobody to ${step.kind} at`);
  switch (step.kind) {
    case 'add':
      return add(deps, step, record, member);
    case 'remove': {
      await confirmSilent(deps, step.unlessAt ?? []);
      await member.memberRemove(idOf(step.memberId)).catch(ignoreMissing);
      const members = record.members.filter(({ id }) => id !== step.memberId);
      return put(deps, { record: { ...record, members } }, event(deps, 'removed', step));
    }
    case 'promote': {
      await confirmLearner(deps, step);
      await member.memberPromote(idOf(step.memberId)).catch(ignoreVoter);
      const place = record.places[step.machine];
      const places = { ...record.places, ...(place && { [step.machine]: settled(place) }) };
      return put(deps, { record: { ...record, places } }, event(deps, 'promoted', step));
    }
    case 'update':
      await member.memberUpdate(idOf(step.memberId), step.peerUrls);
      return put(deps, { record }, event(deps, 'updated', step));
    case 'seal': {
      await member.raiseAlarm(sealAlarm);
      const restore = await deps.saveSnapshot(member);
      const [{ revision }, alarms] = await Promise.all([member.status(), member.alarms()]);
      const isSealed = alarms.some(({ memberId: id }) => id === sealAlarm.memberId);
      if (!isSealed || revision !== restore.revision) throw new Error('it was written to while it was saved');
      return put(deps, { record: { ...record, phase: 'sealed', restore } }, event(deps, 'sealed', step));
    }
    case 'unseal':
      await member.lowerAlarm(sealAlarm);
      return put(deps, { record }, event(deps, 'unsealed', step));
    default:
      return step satisfies never;
  }
}

/** The control process may be the only one that does not hear of it. A refusal is an answer too. */
async function confirmSilent(deps: StepDeps, endpoints: readonly string[]): Promise<void> {
  const asked = endpoints.map(async (endpoint) => {
    const member = deps.connect(endpoint);
    try {
      return (await isSilent(member)) ? [] : [endpoint];
    } finally {
      await member.close();
    }
  });
  const [answering] = (await Promise.all(asked)).flat();
  if (answering !== undefined) throw new Error(`it answers at ${answering}`);
}

/** A machine that was wiped a moment ago has not said so yet: its learner would vote with nothing behind it. */
async function confirmLearner(
  deps: StepDeps,
  { memberId: wanted, clientUrls }: Extract<MemberStep, { readonly kind: 'promote' }>,
): Promise<void> {
  const [endpoint] = clientUrls;
  if (endpoint === undefined) throw new Error('the learner has not said where it serves');
  const learner = deps.connect(endpoint);
  try {
    const { memberId: found } = await learner.status();
    if (found !== idOf(wanted)) throw new Error(`another member answers there: ${found.toString(16)}`);
  } finally {
    await learner.close();
  }
}

async function write(deps: StepDeps, step: Extract<MemberStep, { readonly kind: 'write' }>) {
  const { record, orders, isRequestDone, event: kind } = step;
  const offered = new Map([...orders].map(([name, order]) => [name, withOffer(deps, order, record)]));
  const change = {
    orders: offered,
    ...(record && { record }),
    ...(isRequestDone && { isRequestDone }),
  };
  const isNews = kind !== 'learned' && (kind !== 'ordered' || [...orders.values()].some(isWipe));
  return put(deps, change, isNews ? event(deps, kind, step) : undefined);
}

function isWipe(order: MemberOrder): boolean {
  return order.kind === 'wipe';
}

function withOffer(deps: StepDeps, order: MemberOrder, record: StoreRecord | undefined): MemberOrder {
  if (order.kind !== 'restore' || record?.restore === undefined) return order;
  return { ...order, snapshot: { ...order.snapshot, ...deps.offerSnapshot(record.restore) } };
}

async function add(
  deps: StepDeps,
  step: Extract<MemberStep, { readonly kind: 'add' }>,
  record: StoreRecord,
  member: EtcdClient,
): Promise<Written> {
  const { machine, nonce } = step;
  const { adding, ...rest } = record;
  if (JSON.stringify(adding) !== JSON.stringify(step.peerUrls)) {
    const intent = { record: { ...rest, adding: step.peerUrls } };
    if ((await put(deps, intent, undefined)) === undefined) return undefined;
  }
  const added = await member.memberAdd(step.peerUrls, { isLearner: true });
  const members = storeMembersOf(await member.memberList());
  const id = added.id.toString(16);
  const failures = failuresAfter(record.places[machine]);
  const place = { nonce, memberId: id, at: deps.now(), failures };
  const order: MemberOrder = {
    kind: 'start',
    nonce,
    name: machine,
    state: 'existing',
    token: record.token,
    initialCluster: members.map((other) => ({
      name: other.id === id ? machine : other.name || other.id,
      urls: other.peerUrls,
    })),
  };
  const change = {
    record: { ...rest, members, places: { ...record.places, [machine]: place } },
    orders: new Map([[machine, order]]),
  };
  return put(deps, change, event(deps, 'added', { ...step, memberId: id }));
}

async function put(deps: StepDeps, change: StoreChange, happened: StoreEvent | undefined): Promise<Written> {
  const events = happened === undefined ? [] : [happened];
  return deps.store.record(deps.leadership, { ...change, events });
}

function event(
  deps: StepDeps,
  kind: string,
  about: { readonly machine?: string; readonly memberId?: string; readonly reason: string },
): StoreEvent {
  const { machine = '', memberId: id = '', reason } = about;
  return { at: deps.now(), kind, machine, memberId: id, reason };
}

function idOf(hex: string) {
  return memberId(BigInt(`0x${hex}`));
}

function ignoreMissing(error: unknown): void {
  if (!isMusterError(error, 'etcd/member-not-found')) throw error;
}

function ignoreVoter(error: unknown): void {
  if (!isMusterError(error, 'etcd/member-not-learner')) throw error;
}
