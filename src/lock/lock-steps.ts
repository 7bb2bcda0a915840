// SPDX-License-Identifier: Apache-2.0

import {
  freePlaces,
  type LockFailure,
  type LockHolder,
  type LockSettings,
  type LockState,
  type LockWaiter,
  type Slots,
} from './lock-state.js';
import { isWindowOpen, nextOpening } from './window.js';

/** Who asks for the lock. */
export interface LockRequest {
  readonly id: string;
  /** Empty: not known. */
  readonly machine: string;
  readonly bootId: string;
  readonly face: LockHolder['face'];
  /** For how long its place in the queue is kept, unless it asks again. */
  readonly waitMs: number;
}

export interface Refusal {
  /** `gate`: nothing that the lock knows of; the one who asked for the lock asked for more. */
  readonly kind: 'paused' | 'frozen' | 'window' | 'full' | 'queue' | 'gate';
  readonly why: string;
}

/** Why it cannot be given now; nothing: it can, or `id` holds it already. Pure, as all steps are. */
export function judgeRequest(state: LockState, id: string, now: number): Refusal | undefined {
  if (findHolder(state, id) !== undefined) return undefined;
  if (state.paused !== undefined) return { kind: 'paused', why: `it is paused: ${state.paused}` };
  if (state.max <= 0) return { kind: 'frozen', why: 'all reboots are frozen: there are no places' };
  if (!isWindowOpen(state.windows, state.timeZone, now)) return { kind: 'window', why: whenOpen(state, now) };
  const free = freePlaces(state);
  if (free <= 0) {
    const holders = state.holders.map((holder) => holder.machine || holder.id).join(', ');
    return { kind: 'full', why: `no place is free: ${holders || 'the semaphore says so'}` };
  }
  const ahead = waitersAhead(state, id, now);
  if (ahead.length < free) return undefined;
  return { kind: 'queue', why: `came before and may take what is free: ${ahead.join(', ')}` };
}

function whenOpen({ windows, timeZone }: LockState, now: number): string {
  const opens = nextOpening(windows, timeZone, now);
  return opens === undefined
    ? 'no window ever opens'
    : `the window opens at ${new Date(opens).toISOString()}`;
}

function waitersAhead({ waiters }: LockState, id: string, now: number): readonly string[] {
  const living = waiters.filter((waiter) => waiter.until > now);
  const own = living.findIndex((waiter) => waiter.id === id);
  return living
    .slice(0, own < 0 ? living.length : own)
    .filter(({ isNext }) => isNext)
    .map((waiter) => waiter.machine || waiter.id);
}

export function findHolder(state: LockState, id: string): LockHolder | undefined {
  return state.holders.find((holder) => holder.id === id);
}

/** A place for `request`; the fence is filled in by the store. Call it only where `judgeRequest` has no objection. */
export function grant(state: LockState, request: LockRequest, now: number): LockState {
  if (findHolder(state, request.id) !== undefined) return state;
  const { id, machine, bootId, face } = request;
  const holder: LockHolder = {
    ...{ id, machine, bootId, face, since: now },
    ...{ phase: 'holding', deadline: 0, fence: 0, reason: '' },
  };
  const holders = [...state.holders, holder].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { ...withoutWaiter(state, id), holders, wasHeld: true };
}

/** More than ever wait; whoever comes later is told no and gets no place. */
const maxWaiters = 500;

/** Keeps a place in the queue. The very state when nothing worth a write has changed. */
export function enqueue(state: LockState, request: LockRequest, refusal: Refusal, now: number): LockState {
  const { id, machine, waitMs } = request;
  const living = state.waiters.filter((waiter) => waiter.until > now);
  const own = living.find((waiter) => waiter.id === id);
  const isNext = refusal.kind !== 'gate';
  const reason = refusal.kind === 'queue' || refusal.kind === 'full' ? '' : refusal.why;
  if (own !== undefined && own.isNext === isNext && own.reason === reason && own.until - now > waitMs / 2)
    return state;
  if (own === undefined && living.length >= maxWaiters) return state;
  const waiter: LockWaiter = {
    ...{ id, machine, isNext, reason },
    since: own?.since ?? now,
    until: now + waitMs,
  };
  const waiters = own === undefined ? [...living, waiter] : living.map((one) => (one === own ? waiter : one));
  return { ...state, waiters };
}

/** Gives up a place in the queue. */
export function withoutWaiter(state: LockState, id: string): LockState {
  if (!state.waiters.some((waiter) => waiter.id === id)) return state;
  return { ...state, waiters: state.waiters.filter((waiter) => waiter.id !== id) };
}

/** Takes a holder out; one whose reboot went well ends a row of failures. */
export function release(state: LockState, id: string): LockState {
  const holder = findHolder(state, id);
  if (holder === undefined) return withoutWaiter(state, id);
  const failures = holder.phase === 'releasing' && holder.reason === '' ? [] : state.failures;
  return {
    ...withoutWaiter(state, id),
    holders: state.holders.filter((one) => one !== holder),
    failures,
  };
}

export type HolderChange = Partial<Pick<LockHolder, 'phase' | 'deadline' | 'bootId' | 'reason' | 'machine'>>;

/** The very state when nothing changes. */
export function changeHolder(state: LockState, id: string, change: HolderChange): LockState {
  const holder = findHolder(state, id);
  if (holder === undefined) return state;
  const changed = { ...holder, ...change };
  if (JSON.stringify(changed) === JSON.stringify(holder)) return state;
  return { ...state, holders: state.holders.map((one) => (one === holder ? changed : one)) };
}

/** Sets the places by hand or by the cluster file; whatever was missing in the semaphore is there again. */
export function setSlots(state: LockState, slots: Slots, machines: number): LockState {
  const max = slots.kind === 'number' ? slots.count : countOf(slots.percent, machines);
  const isSame = JSON.stringify(slots) === JSON.stringify(state.slots);
  if (isSame && max === state.max && state.missing === 0) return state;
  return { ...state, slots, max, missing: 0 };
}

function countOf(percent: number, machines: number): number {
  return percent <= 0 ? 0 : Math.max(1, Math.floor((percent * machines) / 100));
}

/** The percentage of machines as there are now. */
export function resize(state: LockState, machines: number): LockState {
  if (state.slots.kind === 'number') return state;
  const max = countOf(state.slots.percent, machines);
  return max === state.max ? state : { ...state, max };
}

/**
 * Applies what the cluster file says: windows and budget each time, the places only where the file says something else
 * than last time, so that what was set by hand meanwhile outlives a restart.
 */
export function configure(
  state: LockState,
  settings: LockSettings,
  slots: Slots | undefined,
  machines: number,
): LockState {
  const { windows, timeZone, failureBudget } = settings;
  const configured = slots === undefined ? '' : JSON.stringify(slots);
  const isNew = configured !== state.configured;
  const sized = slots !== undefined && isNew ? setSlots(state, slots, machines) : resize(state, machines);
  const next = { ...sized, windows, timeZone, failureBudget, configured };
  return JSON.stringify(next) === JSON.stringify(sized) ? sized : next;
}

export function pause(state: LockState, why: string): LockState {
  return state.paused === why ? state : { ...state, paused: why };
}

/** Failures so far are forgiven. */
export function resume(state: LockState): LockState {
  return state.paused === undefined && state.failures.length === 0
    ? state
    : { ...state, paused: undefined, failures: [] };
}

/** A reboot that went wrong; with the last one that the budget allows, the group is paused. */
export function addFailure(state: LockState, failure: LockFailure): LockState {
  const failures = [...state.failures.filter(({ id }) => id !== failure.id), failure];
  const who = failures.map(({ id, machine }) => machine || id).join(', ');
  const next = { ...state, failures };
  if (failures.length < state.failureBudget || state.paused !== undefined) return next;
  return { ...next, paused: `the reboot of ${who} went wrong: ${failure.reason}` };
}
