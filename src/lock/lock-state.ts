// SPDX-License-Identifier: Apache-2.0

import type { Semaphore } from './semaphore.js';
import type { RebootWindow } from './window.js';

/** How many may reboot at once. */
export type Slots =
  | { readonly kind: 'number'; readonly count: number }
  /** Of the cluster's machines, rounded down, 1 at least. */
  | { readonly kind: 'percent'; readonly percent: number };

/** How a holder came to the lock. */
export const faces = ['semaphore', 'fleetlock', 'muster'] as const;

export const holderPhases = ['holding', 'rebooting', 'releasing'] as const;

export interface LockHolder {
  /** As the client calls itself: a machine ID, or anything else. */
  readonly id: string;
  /** Name of the machine, where it is known; empty otherwise. */
  readonly machine: string;
  /** Milliseconds since 1970; of one that came by the semaphore: when it was first seen. */
  readonly since: number;
  readonly phase: (typeof holderPhases)[number];
  /** Milliseconds since 1970, by which the phase is to be over; 0: none. */
  readonly deadline: number;
  /** The boot that is to end; empty: not known. */
  readonly bootId: string;
  /** The store's revision in which it was given the lock: it tells this grant from any other. */
  readonly fence: number;
  readonly face: (typeof faces)[number];
  /** Why it is not released, when it should have been; empty otherwise. */
  readonly reason: string;
}

export interface LockWaiter {
  readonly id: string;
  readonly machine: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Its place is kept until then, unless it asks again. */
  readonly until: number;
  /** Nothing but places is what it waits for: nobody goes before it. */
  readonly isNext: boolean;
  readonly reason: string;
}

export interface LockFailure {
  readonly id: string;
  readonly machine: string;
  readonly at: number;
  readonly reason: string;
}

/** What the cluster file says of a group. */
export interface LockSettings {
  readonly windows: readonly RebootWindow[];
  readonly timeZone: string;
  /** After so many failures in a row the group is paused; 1 or more. */
  readonly failureBudget: number;
}

/** Everything about one group's lock, at one revision. */
export interface LockState extends LockSettings {
  readonly slots: Slots;
  /** What `slots` come to; 0 or less: frozen. */
  readonly max: number;
  /** Why it is paused; `undefined`: it is not. */
  readonly paused: string | undefined;
  /** Places that somebody else's semaphore lacks for no reason known here; they are not given away. */
  readonly missing: number;
  /** Sorted by ID. */
  readonly holders: readonly LockHolder[];
  /** Whether anybody ever held it. */
  readonly wasHeld: boolean;
  /** In the order in which they came. */
  readonly waiters: readonly LockWaiter[];
  /** Since the last reboot that went well. */
  readonly failures: readonly LockFailure[];
  /** The slots of the cluster file that were applied last, as text; empty: none were. */
  readonly configured: string;
}

/** What muster knows beyond the semaphore. It is written in the same transaction, or while the semaphore stands still. */
export type LockRecord = Omit<LockState, 'missing'>;

export const newLockState: LockState = {
  slots: { kind: 'number', count: 1 },
  max: 1,
  paused: undefined,
  missing: 0,
  holders: [],
  wasHeld: false,
  waiters: [],
  failures: [],
  configured: '',
  windows: [],
  timeZone: 'UTC',
  failureBudget: 1,
};

/** Places that can be given away; negative when there are more holders than places. */
export function freePlaces(state: LockState): number {
  return shownMax(state) - state.holders.length - state.missing;
}

/** While it is paused nobody may take it, by the semaphore neither. */
function shownMax({ max, paused }: Pick<LockState, 'max' | 'paused'>): number {
  return paused === undefined ? max : Math.min(0, max);
}

/** The semaphore that says the same. */
export function semaphoreOf(state: LockState): Semaphore {
  const holders = state.holders.map(({ id }) => id).sort();
  return {
    semaphore: freePlaces(state),
    max: shownMax(state),
    holders: holders.length === 0 && !state.wasHeld ? null : holders,
  };
}

/**
 * What holds now: the semaphore is the truth about holders and places, since anybody may write it; the record knows more
 * of those that it knows. Another number of places was set by hand: it counts, and ends a pause.
 *
 * @param record nothing: there was none; its fences are filled in
 * @param semaphore nothing: there is none, and the record counts alone
 * @param revision in which the semaphore was written
 */
export function takeOver(
  record: LockRecord | undefined,
  semaphore: Semaphore | undefined,
  revision: number,
  now: number,
): LockState {
  const before: LockState =
    record === undefined ? newLockState : { ...record, paused: record.paused, missing: 0 };
  if (semaphore === undefined) return before;
  const known = new Map(before.holders.map((holder) => [holder.id, holder]));
  const holders = (semaphore.holders ?? []).map(
    (id): LockHolder =>
      known.get(id) ?? {
        id,
        machine: '',
        since: now,
        phase: 'holding',
        deadline: 0,
        bootId: '',
        fence: revision,
        face: 'semaphore',
        reason: '',
      },
  );
  const isSet = record === undefined || semaphore.max !== shownMax(before);
  const places = isSet
    ? { slots: { kind: 'number', count: semaphore.max } as const, max: semaphore.max, paused: undefined }
    : { slots: before.slots, max: before.max, paused: before.paused };
  return {
    ...before,
    ...places,
    failures: isSet && before.paused !== undefined ? [] : before.failures,
    holders,
    wasHeld: semaphore.holders !== null,
    waiters: before.waiters.filter(({ id }) => !holders.some((holder) => holder.id === id)),
    missing: Math.max(0, semaphore.max - holders.length - semaphore.semaphore),
  };
}
