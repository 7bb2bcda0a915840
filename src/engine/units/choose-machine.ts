// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { Board, MachineLoad, PlannedUnit } from './board.js';
import { findMisfit, findRefusal } from './misfit.js';

/** A machine, and why it. */
export interface Choice {
  readonly machine: MachineLoad;
  readonly reason: string;
}

/**
 * The machine for a unit: of those that fit, the one with the fewest of its own kind around it (`Spread`, `Avoids`),
 * then the fewest units, then the lowest ID. Cost: one comparison a machine, a check only for those that would win.
 */
export function chooseMachine(board: Board, unit: PlannedUnit, except?: MachineId): Choice | undefined {
  const penalty = penaltyOf(board, unit);
  let best: MachineLoad | undefined;
  let bestPenalty = 0;
  for (const machine of board.present()) {
    if (machine.id === except) continue;
    const burden = penalty(machine);
    // Machines come by ID, so that of two that are alike the first stays.
    const isBetter =
      best === undefined || burden < bestPenalty || (burden === bestPenalty && machine.count < best.count);
    if (!isBetter || findRefusal(machine) !== undefined || findMisfit(board, unit, machine) !== undefined) {
      continue;
    }
    best = machine;
    bestPenalty = burden;
  }
  return best && { machine: best, reason: reasonFor(unit, best, bestPenalty) };
}

function reasonFor({ options, avoids }: PlannedUnit, { count }: MachineLoad, penalty: number): string {
  const fewest = `the fewest units, ${count}`;
  if (options.spread.length === 0 && avoids.length === 0) return `of the machines that fit it has ${fewest}`;
  return `of the machines that fit it has the fewest to keep apart from, ${penalty}, then ${fewest}`;
}

/** How little a machine is wanted, beyond how full it is. */
export function penaltyOf(board: Board, unit: PlannedUnit): (machine: MachineLoad) => number {
  const { spread } = unit.options;
  if (spread.length === 0 && unit.avoids.length === 0) return () => 0;
  const crowds = spread.map((key) => crowdBy(board, unit, key));
  return (machine) => {
    let penalty = 0;
    for (const [index, key] of spread.entries()) penalty += crowds[index]?.get(zoneOf(machine, key)) ?? 0;
    if (unit.avoids.length === 0) return penalty;
    for (const name of machine.units.keys()) {
      if (name !== unit.name && unit.avoids.some((glob) => glob(name))) penalty += 1;
    }
    return penalty;
  };
}

/** How many of the unit's group each value of the key has. */
function crowdBy(board: Board, unit: PlannedUnit, key: string): ReadonlyMap<string, number> {
  const crowd = new Map<string, number>();
  for (const name of board.members(unit.group)) {
    if (name === unit.name) continue;
    for (const id of board.holders(name)) {
      const machine = board.machines.get(id);
      if (machine === undefined) continue;
      const value = zoneOf(machine, key);
      crowd.set(value, (crowd.get(value) ?? 0) + 1);
    }
  }
  return crowd;
}

function zoneOf(machine: MachineLoad, key: string): string {
  return key === 'machine' ? machine.id : (machine.metadata[key] ?? '');
}
