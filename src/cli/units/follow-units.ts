// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import { explainUnit, openBoard } from '../../engine/index.js';
import type { MachineId } from '../../model/index.js';
import type { UnitRegistry, UnitState, UnitTable } from '../../registry/index.js';
import type { ExitCode } from '../command.js';
import { type Aim, judgeUnit, machineName } from './judge-unit.js';

export interface FollowOptions {
  readonly aim: Aim;
  readonly names: readonly string[];
  readonly timeoutMs: number;
  /** As it was before anything was asked. */
  readonly before: UnitTable;
}

/** A failure from before counts as one from now when nothing else was heard for so long. */
const staleMs = 3_000;
const lookEveryMs = 250;
/** One that fails as it begins is active for a moment: systemd takes it for started. */
const settleMs = 500;

/**
 * Prints each unit as it gets where it should be, and each that failed as soon as it has; 1 when there is one that failed
 * or is not there in time.
 */
export async function followUnits(
  units: UnitRegistry,
  { aim, names, timeoutMs, before }: FollowOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const begun = realClock.monotonic();
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const seen: { table?: UnitTable; wake: () => void } = { wake: () => {} };
  const failed = new Map<string, string>();
  const open = new Set(names);
  const stale = new Set(names.filter((name) => wasFailed(before, name)));
  const watching = (async () => {
    for await (const { table } of units.watch(until)) {
      seen.table = table;
      seen.wake();
    }
  })();
  /** Since when units are there; those that were before have nothing to prove. */
  const reachedAt = new Map<string, number>();
  for (const name of names) {
    if (judgeUnit(before, name, aim).kind === 'reached') reachedAt.set(name, Number.NEGATIVE_INFINITY);
  }
  const isSettled = (name: string) => {
    const now = realClock.monotonic();
    const since = reachedAt.get(name) ?? now;
    reachedAt.set(name, since);
    return aim !== 'launched' || now - since >= settleMs;
  };
  const look = (table: UnitTable) => {
    for (const name of open) {
      if (stale.has(name) && (!wasFailed(table, name) || realClock.monotonic() - begun > staleMs))
        stale.delete(name);
      const verdict = judgeUnit(table, name, aim, () => stale.has(name));
      if (verdict.kind === 'open') reachedAt.delete(name);
      if (verdict.kind === 'open' || (verdict.kind === 'reached' && !isSettled(name))) continue;
      open.delete(name);
      if (verdict.kind === 'reached') process.stdout.write(`${name}: ${verdict.word}\n`);
      else failed.set(name, `${failedOn(table, verdict.machine)}: ${verdict.reason}`);
    }
  };
  try {
    while (!until.aborted && realClock.monotonic() - begun < timeoutMs) {
      if (seen.table !== undefined) look(seen.table);
      if (open.size === 0) break;
      const woken = new Promise<void>((resolve) => {
        seen.wake = resolve;
      });
      const slept = new AbortController();
      await Promise.race([woken, watching, realClock.sleep(lookEveryMs, slept.signal)]);
      slept.abort();
    }
  } finally {
    ended.abort();
    await watching;
  }
  for (const [name, why] of failed) {
    process.stderr.write(`${name}: ${why}\n    see "muster unit logs ${name}"\n`);
  }
  for (const name of open) {
    const why =
      seen.table === undefined ? 'nobody answers' : explainUnit(openBoard(seen.table), name).summary;
    process.stderr.write(`${name}: not yet: ${why}\n    see "muster unit why ${name}"\n`);
  }
  return open.size + failed.size === 0 ? 0 : 1;
}

function failedOn(table: UnitTable, machine: MachineId | undefined): string {
  return machine === undefined ? 'failed' : `failed on ${machineName(table, machine)}`;
}

/** Anywhere, with whatever text. */
export function wasFailed(table: UnitTable, name: string): boolean {
  const states: Iterable<UnitState> = table.states.get(name)?.values() ?? [];
  return [...states].some(({ active }) => active === 'failed');
}
