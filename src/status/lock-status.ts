// SPDX-License-Identifier: Apache-2.0

import { freePlaces, type LockState } from '../lock/index.js';

/** The reboot lock of one group, as `muster lock status -o json` prints it too. Fields are only ever added. */
export interface LockStatus {
  /** `default` is the one without a name. */
  readonly group: string;
  /** Places that are free; negative after there were fewer of them than holders. */
  readonly available: number;
  readonly max: number;
  /** As set: a number, or a share like `25%`. */
  readonly slots: string;
  /** Why nobody is given the lock; empty: it is not paused. */
  readonly paused: string;
  readonly holders: readonly LockHolderStatus[];
  readonly waiters: readonly LockWaiterStatus[];
}

export interface LockHolderStatus {
  readonly id: string;
  /** Empty: not one of this cluster's, as far as is known. */
  readonly machine: string;
  readonly phase: LockState['holders'][number]['phase'];
  /** RFC 3339. */
  readonly since: string;
  /** RFC 3339; by when the phase is to be over; empty: never. */
  readonly deadline: string;
  /** Revision of the grant. */
  readonly fence: number;
  /** How it came to the lock. */
  readonly face: LockState['holders'][number]['face'];
  /** What went wrong; empty: nothing. */
  readonly reason: string;
}

export interface LockWaiterStatus {
  readonly id: string;
  readonly machine: string;
  /** RFC 3339. */
  readonly since: string;
  /** What it waits for; empty: a place. */
  readonly reason: string;
}

/** @param machineOf name of the machine that a client's ID stands for; empty: none that is known */
export function foldLock(
  group: string,
  state: LockState,
  machineOf: (id: string) => string,
  now: number,
): LockStatus {
  const { slots, holders, waiters, paused = '' } = state;
  return {
    group: group || 'default',
    available: freePlaces(state),
    max: paused === '' ? state.max : Math.min(0, state.max),
    slots: slots.kind === 'number' ? String(slots.count) : `${slots.percent}%`,
    paused,
    holders: holders.map(({ id, machine, phase, since, deadline, fence, face, reason }) => ({
      ...{ id, machine: machineOf(id) || machine, phase, fence, face, reason },
      since: new Date(since).toISOString(),
      deadline: deadline === 0 ? '' : new Date(deadline).toISOString(),
    })),
    waiters: waiters
      .filter(({ until }) => until > now)
      .map(({ id, machine, since, reason }) => ({
        ...{ id, machine: machineOf(id) || machine, reason },
        since: new Date(since).toISOString(),
      })),
  };
}
