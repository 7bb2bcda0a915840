// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';
import type { UnitTable } from '../registry/index.js';

/** A unit of the cluster on one machine. */
export interface ScheduledUnitStatus {
  readonly name: string;
  /** What it is to be there; `removed`: it is to go. */
  readonly targetState: 'loaded' | 'launched' | 'removed';
  /** As systemd has it; empty: not heard of yet. */
  readonly active: string;
  readonly sub: string;
  /** Why it failed. */
  readonly reason?: string;
}

/** What each machine has of the cluster's units and what it is to have, by name. Cost: a look at each state and order. */
export function foldScheduled(table: UnitTable): ReadonlyMap<MachineId, readonly ScheduledUnitStatus[]> {
  const names = new Map<MachineId, Set<string>>();
  const add = (machine: MachineId, name: string) => {
    const known = names.get(machine);
    if (known === undefined) names.set(machine, new Set([name]));
    else known.add(name);
  };
  for (const [machine, entries] of table.schedule) for (const name of entries.keys()) add(machine, name);
  for (const [name, states] of table.states) for (const machine of states.keys()) add(machine, name);
  return new Map(
    [...names].map(([machine, own]) => [
      machine,
      [...own].sort().map((name) => statusOf(table, machine, name)),
    ]),
  );
}

/**
 * Units that are to be somewhere and are nowhere, by name; `muster unit why` tells the reasons. A template is never
 * anywhere itself.
 */
export function foldWaiting({ jobs, schedule }: UnitTable): readonly string[] {
  const placed = new Set([...schedule.values()].flatMap((entries) => [...entries.keys()]));
  return [...jobs]
    .filter(
      ([name, { object, targetState }]) =>
        object !== undefined && targetState !== 'inactive' && !placed.has(name),
    )
    .map(([name]) => name)
    .filter((name) => !name.includes('@.'))
    .sort();
}

function statusOf(table: UnitTable, machine: MachineId, name: string): ScheduledUnitStatus {
  const { active = '', sub = '', reason } = table.states.get(name)?.get(machine) ?? {};
  const targetState = table.schedule.get(machine)?.get(name)?.state ?? 'removed';
  return { name, targetState, active, sub, ...(reason === undefined ? {} : { reason }) };
}
