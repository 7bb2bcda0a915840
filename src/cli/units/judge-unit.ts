// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import type { UnitState, UnitTable } from '../../registry/index.js';

/** What became of a unit that was told to be something; `open`: nothing yet. */
export type Verdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'reached'; readonly word: string }
  | { readonly kind: 'failed'; readonly machine: MachineId; readonly reason: string };

const open: Verdict = { kind: 'open' };

/** What a change asks for: to run, to be stopped where it is, to be nowhere, not to be there at all. */
export type Aim = 'launched' | 'loaded' | 'inactive' | 'destroyed';

/**
 * Whether a unit is as it was told to be, on every machine that is to have it. One that fails is an end too, unless it
 * had failed before: that it did is then told by `isStale` no more.
 */
export function judgeUnit(
  table: UnitTable,
  name: string,
  aim: Aim,
  isStale: (state: UnitState) => boolean = () => false,
): Verdict {
  const job = table.jobs.get(name);
  const states = table.states.get(name);
  if (aim === 'inactive' || aim === 'destroyed') {
    const isGone = (states?.size ?? 0) === 0 && job?.target === undefined;
    return isGone ? { kind: 'reached', word: aim } : open;
  }
  if (job?.object === undefined) return open;
  const machines = machinesOf(table, name);
  const found = machines.map((id) => [id, states?.get(id)] as const);
  if (aim === 'launched') {
    for (const [machine, state] of found) {
      if (state?.active !== 'failed' || isStale(state) || !isOfOrder(table, name, machine, state)) continue;
      return { kind: 'failed', machine, reason: state.reason ?? 'it failed' };
    }
  }
  const isReached = found.length > 0 && found.every(([, state]) => state !== undefined && isAs(aim, state));
  if (!isReached) return open;
  return { kind: 'reached', word: `${aim} on ${machines.map((id) => machineName(table, id)).join(', ')}` };
}

/** Those that are to have it now. */
export function machinesOf(table: UnitTable, name: string): readonly MachineId[] {
  const target = table.jobs.get(name)?.target;
  if (target !== undefined) return [target];
  return [...table.schedule].flatMap(([id, entries]) => (entries.has(name) ? [id] : []));
}

/** Another text may be on its way while the old one's state still stands. */
function isOfOrder(table: UnitTable, name: string, machine: MachineId, { hash }: UnitState): boolean {
  const wanted = table.schedule.get(machine)?.get(name)?.hash;
  return hash === '' || wanted === undefined || hash === wanted;
}

function isAs(aim: 'launched' | 'loaded', state: UnitState): boolean {
  if (aim === 'launched') return state.active === 'active' || state.isDone === true;
  return state.active !== 'active' && state.active !== 'deactivating';
}

/** As the cluster file has it, else the beginning of its ID. */
export function machineName(table: UnitTable, id: MachineId): string {
  return table.machines.get(id)?.host?.name ?? id.slice(0, 8);
}
