// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import type { Leadership, StoreEvent, UnitRegistry } from '../../registry/index.js';
import { type Mailbox, openMailbox } from '../mailbox.js';
import { type Board, openBoard } from './board.js';
import type { EvictionOptions } from './eviction-brake.js';
import { openPlanMemory, planUnits, type UnitDecision } from './plan-units.js';

export interface KeepUnitsDeps {
  readonly units: UnitRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly eviction?: EvictionOptions;
}

/** Without a reason of its own each abort makes an error with its stack. */
const over = Symbol('there is a newer time to wait for');

/** The board was brought up to this revision, or it is time to look again. */
type Wake = { readonly kind: 'seen'; readonly revision: number } | { readonly kind: 'time' };

/**
 * Keeps units on machines as long as it leads: each change is folded into the board, a plan is made of what it touched,
 * and is written in as few transactions as it fits in. It plans again only once it has seen its own writes come back.
 * Ends when `signal` fires, or when the leadership was lost.
 */
export async function keepUnits(
  deps: KeepUnitsDeps,
  leadership: Leadership,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const wakes = openMailbox<Wake>();
  const held: { board: Board | undefined } = { board: undefined };
  const failed: { error?: unknown } = {};
  const following = follow(deps, held, wakes, until).catch((error: unknown) => {
    failed.error = error;
    done.abort();
  });
  try {
    await planOn(deps, leadership, held, wakes, until);
  } finally {
    done.abort();
    await following;
  }
  if (failed.error !== undefined) throw failed.error;
}

async function follow(
  { units, log }: KeepUnitsDeps,
  held: { board: Board | undefined },
  wakes: Mailbox<Wake>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { table, feed } of units.watch(signal)) {
    if (feed.kind === 'away') {
      log.warn('units cannot be followed', { reason: feed.reason });
      continue;
    }
    if (feed.kind === 'reset') held.board = openBoard(table);
    else for (const change of feed.changes) held.board?.apply(change);
    wakes.put({ kind: 'seen', revision: feed.revision });
  }
}

async function planOn(
  deps: KeepUnitsDeps,
  leadership: Leadership,
  held: { readonly board: Board | undefined },
  wakes: Mailbox<Wake>,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = deps;
  const memory = openPlanMemory(deps.eviction);
  const displaced = new Set<string>();
  let timer = new AbortController();
  let seen = 0;
  let written = 0;
  try {
    for (;;) {
      const batch = await wakes.takeAll(signal);
      if (batch === undefined) return;
      timer.abort(over);
      for (const wake of batch) if (wake.kind === 'seen') seen = wake.revision;
      const { board } = held;
      if (board === undefined || seen < written) continue;
      const plan = planUnits(board, memory, clock.now());
      for (const decision of plan.decisions) tell(deps.log, decision);
      if (plan.writes.length > 0) {
        const revision = await deps.units.commit(
          leadership,
          plan.writes,
          eventsOf(board, plan.decisions, displaced, clock.now()),
        );
        if (revision === undefined) return;
        written = revision;
      }
      if (plan.wakeAt === undefined) continue;
      timer = new AbortController();
      const { signal: cancelled } = timer;
      clock.sleep(Math.max(0, plan.wakeAt - clock.now()), cancelled).then(() => {
        if (!cancelled.aborted) wakes.put({ kind: 'time' });
      });
    }
  } finally {
    timer.abort();
  }
}

function tell(log: Log, { kind, unit, machine, reason }: UnitDecision): void {
  log.info(`unit ${kind}`, { unit, machine, reason });
}

const leaving: ReadonlySet<UnitDecision['kind']> = new Set(['moved', 'evicted', 'replaced']);
/** Of one plan; the rest is in the log. */
const mostEvents = 100;

/**
 * What an operator wants to read of: that units move, why, and where they come to. Where a new one begins is in the
 * list.
 *
 * @param displaced units that left their machine and have no other yet; kept from plan to plan
 */
function eventsOf(
  board: Board,
  decisions: readonly UnitDecision[],
  displaced: Set<string>,
  at: number,
): readonly StoreEvent[] {
  const told = decisions.filter(({ kind, unit }) => {
    if (leaving.has(kind)) displaced.add(unit);
    if (kind === 'removed') displaced.delete(unit);
    if (kind === 'placed') return displaced.delete(unit);
    return leaving.has(kind) || kind === 'rolled-back';
  });
  return told.slice(0, mostEvents).map(({ kind, unit, machine, reason }) => {
    const name = machine === undefined ? '' : (board.machines.get(machine)?.name ?? machine);
    return { at, kind: `unit-${kind}`, machine: name, memberId: '', unit, reason };
  });
}
