// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { LeaseId, Machine, MachineId } from '../model/index.js';
import type { NodeState, StandingConfig } from '../registry/index.js';
import { messageOf } from './errors.js';
import type { SchedulePort } from './follow-schedule.js';

/** The store as a node needs it. */
export interface Membership {
  /**
   * Holds a lease until `signal` fires and then gives it back. `whileHeld` is called with each lease in turn and
   * ends when `lost` fires. See `holdLease` of the etcd room.
   */
  hold(
    ttlSeconds: number,
    whileHeld: (lease: LeaseId, lost: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts the machine and its state under the lease. */
  announce(lease: LeaseId, machine: Machine, state: NodeState): Promise<void>;
  /** The order for the machine to take over a configuration, then each that replaces it; throws what a watch throws. */
  watchConfig(name: string, signal: AbortSignal): AsyncIterable<StandingConfig>;
  /** What the machine is to do with the cluster's units; nothing where they are not looked after. */
  schedule?(lease: LeaseId, machine: MachineId, name: string): SchedulePort;
  close(): Promise<void>;
}

export interface RegistrationDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly openMembership: () => Promise<Membership>;
  /** What to announce now. */
  readonly describe: () => Promise<{ readonly machine: Machine; readonly state: NodeState }>;
  /**
   * Begins to follow changes of what `describe` says: what it returns resolves at once on its first call, then each
   * time when there was a change since it last resolved, or when the signal fires. What there was counts as seen then.
   */
  readonly follow: () => (signal: AbortSignal) => Promise<void>;
  /** Runs beside the announcements for as long as a lease is held; what it throws ends this registration. */
  readonly whileHeld: (membership: Membership, lease: LeaseId, lost: AbortSignal) => Promise<void>;
}

/** A burst of changes makes one announcement. */
const burstMs = 20;
const firstPauseMs = 100;
const lastPauseMs = 5_000;

/**
 * Keeps the machine registered until `signal` fires: each change is announced under one lease, and all of it
 * anew under the next when a lease is lost. Whatever the store does, it goes on trying.
 */
export async function runRegistration(
  deps: RegistrationDeps,
  ttlSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, lastPauseMs)) {
    try {
      await registerOnce(deps, ttlSeconds, signal, () => {
        pauseMs = firstPauseMs;
      });
    } catch (error) {
      deps.log.error('registration broke off, trying again', { reason: messageOf(error), pauseMs });
      await deps.clock.sleep(pauseMs, signal);
    }
  }
}

async function registerOnce(
  deps: RegistrationDeps,
  ttlSeconds: number,
  signal: AbortSignal,
  onHeld: () => void,
): Promise<void> {
  const membership = await deps.openMembership();
  try {
    await membership.hold(
      ttlSeconds,
      (lease, lost) => {
        onHeld();
        return allUntilOneFails(lost, (until) => [
          announceChanges(deps, membership, lease, until),
          deps.whileHeld(membership, lease, until),
        ]);
      },
      signal,
    );
  } finally {
    await membership.close();
  }
}

/** Runs both until `signal` fires or one of them fails; then the other is asked to end, and waited for. */
async function allUntilOneFails(
  signal: AbortSignal,
  start: (until: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failed = new AbortController();
  const end = () => failed.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const tasks = start(failed.signal);
  try {
    await Promise.all(tasks);
  } finally {
    end();
    signal.removeEventListener('abort', end);
    await Promise.allSettled(tasks);
  }
}

async function announceChanges(
  deps: RegistrationDeps,
  membership: Membership,
  lease: LeaseId,
  lost: AbortSignal,
): Promise<void> {
  const nextChange = deps.follow();
  await nextChange(lost);
  while (!lost.aborted) {
    const { machine, state } = await deps.describe();
    await unlessAborted(membership.announce(lease, machine, state), lost);
    await nextChange(lost);
    await deps.clock.sleep(burstMs, lost);
    await nextChange(AbortSignal.abort());
  }
}

/** Waits for the work as long as it matters; what it throws afterwards says nothing any more. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => resolve();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) resolve();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
