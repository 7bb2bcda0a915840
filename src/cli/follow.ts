// SPDX-License-Identifier: Apache-2.0

import { realClock, timeLimit } from '../effects/index.js';
import type { ClusterSnapshot, MachineLife, Registry } from '../registry/index.js';
import type { ClusterStatus, MachineStatus } from '../status/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import type { ClusterPlan } from './cluster-plan.js';
import { getControl } from './control-record.js';
import type { Progress } from './progress.js';
import { statusOf } from './session.js';

export interface FollowOptions {
  readonly registry: Registry;
  readonly cluster: ClusterFolder;
  readonly plan: ClusterPlan;
  readonly names: readonly string[];
  /** The revision of the order that is to be carried out. */
  readonly order: number;
  /** The state that every machine is to reach. */
  readonly goal: MachineLife['state'];
  readonly progress: Progress;
  readonly timeoutMs: number;
}

export interface FollowResult {
  readonly status: ClusterStatus;
  /** Machines that did not get there; their `reason` says why. */
  readonly missed: readonly MachineStatus[];
}

/**
 * Follows the machines until each has reached the goal or has failed, the time is up, or somebody else has powered them
 * off. Every step is an event of the store's watch.
 *
 * @throws `cli/not-running` when the store is away and its process is gone
 */
export async function followMachines(options: FollowOptions, signal: AbortSignal): Promise<FollowResult> {
  const timeUp = timeLimit(options.timeoutMs, signal);
  let last: ClusterSnapshot | undefined;
  for await (const view of watchWhileRunning(options, timeUp)) {
    last = view;
    const status = statusOf(options.plan, last);
    options.progress.update(
      named(status, options.names).filter(({ name }) => isOrderSeen(options, last, name)),
    );
    if (options.names.every((name) => isSettled(options, last, name)) && isStoreSettled(status)) break;
  }
  signal.throwIfAborted();
  const status = last === undefined ? undefined : statusOf(options.plan, last);
  if (status === undefined) throw new Error('the store did not answer');
  const missed = named(status, options.names).filter(({ state }) => state !== options.goal);
  const why = (machine: MachineStatus) =>
    isOvertaken(options, last, machine.name)
      ? { ...machine, reason: 'another command powered it off' }
      : explain(machine, timeUp.aborted, options.timeoutMs);
  return { status, missed: missed.map(why) };
}

/** Ends with an error when the control process does: what would come back is not there any more. */
async function* watchWhileRunning(
  { registry, cluster }: FollowOptions,
  timeUp: AbortSignal,
): AsyncGenerator<ClusterSnapshot> {
  const gone = new AbortController();
  let back = new AbortController();
  // It is not our child, so its end is no event; it may also be about to end when the store goes.
  const look = async (until: AbortSignal) => {
    try {
      for (; !until.aborted; await realClock.sleep(lookEveryMs, until)) await getControl(cluster);
    } catch (error) {
      gone.abort(error);
    }
  };
  try {
    for await (const view of registry.watch(AbortSignal.any([timeUp, gone.signal]))) {
      back.abort();
      if (view.kind === 'snapshot') {
        yield view.snapshot;
        continue;
      }
      back = new AbortController();
      void look(AbortSignal.any([back.signal, timeUp]));
    }
    gone.signal.throwIfAborted();
  } finally {
    back.abort();
  }
}

const lookEveryMs = 200;

/** The store's cluster is whole, or what it lacks is not to be had by waiting. */
function isStoreSettled({ store, machines }: ClusterStatus): boolean {
  if (store === undefined || store.state === 'ok' || store.state === 'no-quorum') return true;
  return machines.some(({ state }) => state === 'lost' || state === 'created' || state === 'absent');
}

function named(status: ClusterStatus, names: readonly string[]): readonly MachineStatus[] {
  const wanted = new Set(names);
  return status.machines.filter(({ name }) => wanted.has(name));
}

/** Before the engine has taken up the order, a machine's state is an answer to an earlier one. */
function isOrderSeen({ order }: FollowOptions, snapshot: ClusterSnapshot | undefined, name: string): boolean {
  const pending = snapshot?.orders.get(name)?.want === 'on';
  return pending || (snapshot?.lives.get(name)?.handledOrder ?? 0) >= order;
}

function isSettled(options: FollowOptions, snapshot: ClusterSnapshot | undefined, name: string): boolean {
  if (isOvertaken(options, snapshot, name)) return true;
  const life = snapshot?.lives.get(name);
  if (life === undefined || life.handledOrder < options.order) return false;
  return life.state === options.goal || life.state === 'lost';
}

/** Somebody else wants it off by now: `muster down`, or `muster destroy`. */
function isOvertaken({ order }: FollowOptions, snapshot: ClusterSnapshot | undefined, name: string): boolean {
  const now = snapshot?.orders.get(name);
  return now?.want === 'off' && now.modRevision > order;
}

function explain(machine: MachineStatus, isTimeUp: boolean, timeoutMs: number): MachineStatus {
  if (!isTimeUp || machine.state === 'lost') return machine;
  const last = machine.reason === undefined ? machine.state : `${machine.state}: ${machine.reason}`;
  return { ...machine, reason: `not there after ${timeoutMs / 1000} s; last seen ${last}` };
}
