// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { ScheduleEntry, StateReport } from '../registry/index.js';
import { messageOf } from './errors.js';
import type { ScheduledUnits } from './scheduled-units.js';
import type { Supervisor } from './supervisor.js';

/** The store as scheduled units need it, for as long as one lease is held. */
export interface SchedulePort {
  watchSchedule(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, ScheduleEntry>>;
  text(hash: string): Promise<string | undefined>;
  /** Under the lease. */
  report(reports: readonly StateReport[]): Promise<void>;
}

interface FollowDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly scheduled: ScheduledUnits;
  readonly port: SchedulePort;
}

const pauseMs = 1_000;
/** Without a reason of its own each abort makes an error with its stack. */
const over = Symbol('nobody waits any more');
/** A burst of changes makes one report. */
const burstMs = 20;

/**
 * Takes over the schedule of this machine as it changes and tells how its units do, until `signal` fires. Whatever the
 * store does, the units run on: what fails is tried again.
 */
export async function followSchedule(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  await Promise.all([retried(deps, signal, takeOrders), retried(deps, signal, tellStates)]);
}

async function retried(
  deps: FollowDeps,
  signal: AbortSignal,
  work: (deps: FollowDeps, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work(deps, signal);
    } catch (error) {
      deps.log.warn('cannot follow the units of this machine', { reason: messageOf(error) });
    }
    await deps.clock.sleep(pauseMs, signal);
  }
}

async function takeOrders({ scheduled, port }: FollowDeps, signal: AbortSignal): Promise<void> {
  for await (const entries of port.watchSchedule(signal)) scheduled.take(entries, (hash) => port.text(hash));
}

/** All of it at first, because the lease is new; then what has changed. */
async function tellStates(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { clock, supervisor, scheduled, port } = deps;
  let told = new Map<string, string>();
  let seenOwn = -1;
  let seenUnits = -1;
  while (!signal.aborted) {
    const done = new AbortController();
    const end = () => done.abort(over);
    signal.addEventListener('abort', end, { once: true });
    const own = scheduled.changed(seenOwn, done.signal);
    const units = supervisor.changed(seenUnits, done.signal);
    await Promise.race([own, units]);
    end();
    signal.removeEventListener('abort', end);
    seenOwn = await own;
    seenUnits = await units;
    // A unit that is loaded is about to be started: both are told as one.
    await clock.sleep(burstMs, signal);
    if (signal.aborted) return;
    const reports = await scheduled.reports();
    const here = new Map(reports.map((report) => [report.unit, JSON.stringify(report)]));
    const gone = [...told.keys()].filter((unit) => !here.has(unit));
    const changed = reports.filter(({ unit }) => told.get(unit) !== here.get(unit));
    const all = [
      ...changed,
      ...gone.map((unit) => ({ unit, state: undefined, isLaunched: false, isGlobal: false })),
    ];
    if (all.length > 0) await port.report(all);
    told = here;
  }
}
