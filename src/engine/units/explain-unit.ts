// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { ScheduleEntry } from '../../registry/index.js';
import type { Board } from './board.js';
import { findMisfit, findRefusal, renderMisfit } from './misfit.js';
import { stillOn } from './plan-units.js';

/** How a unit stands to one machine. */
export interface MachineVerdict {
  readonly machine: MachineId;
  readonly isHere: boolean;
  /** Units that the machine has. */
  readonly units: number;
  /** What speaks against it; empty: nothing. */
  readonly against: string;
}

/** Why a unit is where it is, or nowhere; by machine. */
export function explainUnit(
  board: Board,
  name: string,
): { readonly summary: string; readonly machines: readonly MachineVerdict[] } {
  const job = board.table.jobs.get(name);
  const unit = board.unit(name);
  if (job?.object === undefined) return { summary: 'there is no such unit', machines: [] };
  if (unit === undefined) return { summary: 'its text is not in the registry', machines: [] };
  const machines = [...board.machines.values()]
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((machine): MachineVerdict => {
      const isHere = board.holders(name).has(machine.id);
      const misfit = findMisfit(board, unit, machine) ?? findRefusal(machine);
      const against = misfit === undefined ? '' : renderMisfit(misfit);
      return { machine: machine.id, isHere, units: machine.count, against };
    });
  return { summary: summaryOf(board, name, machines), machines };
}

function summaryOf(board: Board, name: string, machines: readonly MachineVerdict[]): string {
  const job = board.table.jobs.get(name);
  const unit = board.unit(name);
  if (unit?.parts.instance === '') return 'it is a template: its instances run';
  if (job?.targetState === 'inactive') return 'its target state is inactive: load or start it';
  const bad = unit && board.table.rollouts.get(unit.group);
  const target = job?.target;
  const entry = target === undefined ? undefined : board.table.schedule.get(target)?.get(name);
  const isBad = bad !== undefined && bad.badHash === unit?.hash;
  const stays = isBad ? `; it keeps the text before, ${bad.reason}` : turnOf(entry, unit?.hash);
  if (unit?.options.isGlobal) {
    const { size } = board.holders(name);
    return `it is global: on ${size} ${size === 1 ? 'machine' : 'machines'}${stays}`;
  }
  if (target !== undefined) {
    const isPresent = board.machines.get(target)?.isPresent === true;
    return isPresent
      ? `it is scheduled${stays}`
      : 'its machine is gone; it moves as soon as the eviction limit lets it';
  }
  const last = stillOn(board, name);
  if (last !== undefined) return `it is being stopped on ${last.slice(0, 8)} first`;
  if (machines.length === 0) return 'there is no machine';
  return machines.some(({ against }) => against === '') ? 'it is about to be placed' : 'no machine fits';
}

/** How far another text has come; empty: there is none on its way. */
function turnOf(entry: ScheduleEntry | undefined, hash: string | undefined): string {
  if (entry === undefined || entry.state === 'loaded') return '';
  if (entry.hash !== hash) return '; its new text waits for its turn';
  return entry.previous !== undefined && !entry.isProved ? '; its new text is being tried' : '';
}
