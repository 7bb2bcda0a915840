// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import { explainUnit, openBoard } from '../../engine/index.js';
import type { MachineId } from '../../model/index.js';
import type { MachineMark, UnitRegistry, UnitTable } from '../../registry/index.js';

export interface DrainDeps {
  readonly clock: Clock;
  readonly units: Pick<UnitRegistry, 'mark' | 'watch' | 'table'>;
  readonly tell: (text: string) => void;
}

/**
 * Sends the work of a machine elsewhere before its reboot, and returns once all that another machine can take is up
 * there. What no other can take is told, and stops with the machine.
 *
 * @throws when units that can move are still there after `limitMs`, or at once when `signal` fires
 */
export async function drainMachine(
  { clock, units, tell }: DrainDeps,
  machine: MachineId,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const before = (await units.table()).machines.get(machine)?.mark;
  if (before?.kind !== 'drain') await units.mark(machine, drainMark(before, clock.now()));
  const limit = new AbortController();
  const until = AbortSignal.any([signal, limit.signal]);
  void clock.sleep(limitMs, until).then(() => limit.abort());
  const seen = { last: '', left: [] as readonly string[] };
  try {
    for await (const { table, feed } of units.watch(until)) {
      if (feed.kind === 'away') continue;
      const { moving, stuck } = workOn(table, machine);
      seen.left = moving;
      if (moving.length === 0) {
        if (stuck.length > 0) tell(`no other machine can take ${stuck.join(', ')}`);
        return;
      }
      if (seen.last !== moving.join()) tell(`waits until ${moving.join(', ')} run elsewhere`);
      seen.last = moving.join();
    }
  } finally {
    limit.abort();
  }
  signal.throwIfAborted();
  throw new Error(`${seen.left.join(', ')} did not come up elsewhere in ${limitMs / 1_000} s`);
}

/** Lets work come back, unless an operator wanted the machine empty before the reboot. */
export async function undrainMachine(
  units: Pick<UnitRegistry, 'mark' | 'table'>,
  machine: MachineId,
): Promise<void> {
  const mark = (await units.table()).machines.get(machine)?.mark;
  if (mark?.isForReboot !== true) return;
  const { before } = mark;
  await units.mark(machine, before === undefined ? undefined : { kind: before, at: mark.at });
}

function drainMark(before: MachineMark | undefined, at: number): MachineMark {
  return { kind: 'drain', at, isForReboot: true, ...(before?.kind === 'cordon' && { before: before.kind }) };
}

/** What a machine has to do, but for units that every machine has and those that have done their work. Pure. */
export function workOn(
  table: UnitTable,
  machine: MachineId,
): { readonly moving: readonly string[]; readonly stuck: readonly string[] } {
  const isDone = (unit: string) => table.states.get(unit)?.get(machine)?.isDone === true;
  const entries = [...(table.schedule.get(machine) ?? [])].filter(
    ([unit, { isGlobal }]) => isGlobal !== true && !isDone(unit),
  );
  if (entries.length === 0) return { moving: [], stuck: [] };
  const board = openBoard(table);
  const canMove = (unit: string) => {
    const target = table.jobs.get(unit)?.target;
    // Its place elsewhere is chosen already, and it stays here until it is up there.
    if (target !== undefined && target !== machine) return true;
    return explainUnit(board, unit).machines.some((one) => one.machine !== machine && one.against === '');
  };
  const names = entries.map(([unit]) => unit).sort();
  return {
    moving: names.filter(canMove),
    stuck: names.filter((unit) => !canMove(unit)),
  };
}
