// SPDX-License-Identifier: Apache-2.0

import { groupOf } from '../../engine/index.js';
import type { MachineId } from '../../model/index.js';
import type { Rollout, UnitState, UnitTable } from '../../registry/index.js';
import { findUnitName } from '../../units/index.js';

/** What became of a unit that was told to be something; `open`: nothing yet. */
export type Verdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'reached'; readonly word: string }
  | { readonly kind: 'failed'; readonly machine: MachineId | undefined; readonly reason: string };

const open: Verdict = { kind: 'open' };

/** What a change asks for: to run, to be stopped where it is, to be nowhere, not to be there at all. */
export type Aim = 'launched' | 'loaded' | 'inactive' | 'destroyed';

/**
 * Whether a unit is as it was told to be, on every machine that is to have it: one that is to run does so with the text
 * that it was given last, once that has stayed up. One that fails, or whose text was put back, is an end too, unless it had
 * failed before: that it did is then told by `isStale` no more.
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
    const bad = rolloutOf(table, name);
    if (bad?.badHash === job.object.hash) {
      return { kind: 'failed', machine: undefined, reason: `it keeps the text before, ${bad.reason}` };
    }
    for (const [machine, state] of found) {
      if (state?.active !== 'failed' || isStale(state) || !isOfOrder(table, name, machine, state)) continue;
      return { kind: 'failed', machine, reason: state.reason ?? 'it failed' };
    }
  }
  const { hash } = job.object;
  const isThere = (id: MachineId, state: UnitState) =>
    isAs(aim, state) && (aim === 'loaded' || hasText(table, name, id, state, hash));
  const isReached =
    found.length > 0 && found.every(([id, state]) => state !== undefined && isThere(id, state));
  if (!isReached) return open;
  return {
    kind: 'reached',
    word: `${aim} on ${machines
      .map((id) => machineName(table, id))
      .sort()
      .join(', ')}`,
  };
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

/** Whether a machine runs that text, and it is not being tried any more. */
function hasText(table: UnitTable, name: string, id: MachineId, state: UnitState, hash: string): boolean {
  const entry = table.schedule.get(id)?.get(name);
  if (entry === undefined || entry.hash !== hash || (state.hash !== '' && state.hash !== hash)) return false;
  return entry.previous === undefined || entry.isProved === true;
}

function rolloutOf(table: UnitTable, name: string): Rollout | undefined {
  const parts = findUnitName(name);
  return parts && table.rollouts.get(groupOf(parts));
}

function isAs(aim: 'launched' | 'loaded', state: UnitState): boolean {
  if (aim === 'launched') return state.active === 'active' || state.isDone === true;
  return state.active !== 'active' && state.active !== 'deactivating';
}

/** As the cluster file has it, else the beginning of its ID. */
export function machineName(table: UnitTable, id: MachineId): string {
  return table.machines.get(id)?.host?.name ?? id.slice(0, 8);
}
