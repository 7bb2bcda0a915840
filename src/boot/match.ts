// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../model/index.js';
import { normaliseMarks } from './marks.js';
import type { BootMachine, BootPlan } from './plan.js';

type MarkIndex = Readonly<Record<keyof MachineMarks, ReadonlyMap<string, BootMachine>>>;

// No state of its own: plans never change, so an index is a function of its plan and goes with it.
const indexes = new WeakMap<BootPlan, MarkIndex>();

/**
 * The machine that these marks belong to: by MAC, else by UUID, else by serial number. A MAC that nobody has
 * does not rule out the others, since a network card may have been replaced.
 *
 * Cost: constant, but for the first call with a plan, which reads all its machines.
 */
export function findMachine(plan: BootPlan, marks: MachineMarks): BootMachine | undefined {
  return explainMatch(plan, marks)?.machine;
}

/** As `findMachine`, with the mark that decided. */
export function explainMatch(
  plan: BootPlan,
  marks: MachineMarks,
): { readonly machine: BootMachine; readonly by: keyof MachineMarks; readonly value: string } | undefined {
  const index = indexOf(plan);
  const known = normaliseMarks(marks);
  for (const by of ['mac', 'uuid', 'serial'] as const) {
    const value = known[by];
    const machine = value === undefined ? undefined : index[by].get(value);
    if (machine !== undefined && value !== undefined) return { machine, by, value };
  }
  return undefined;
}

function indexOf(plan: BootPlan): MarkIndex {
  const known = indexes.get(plan);
  if (known !== undefined) return known;
  const index = buildIndex(plan);
  indexes.set(plan, index);
  return index;
}

function buildIndex(plan: BootPlan): MarkIndex {
  const index = {
    mac: new Map<string, BootMachine>(),
    uuid: new Map<string, BootMachine>(),
    serial: new Map<string, BootMachine>(),
  };
  for (const machine of plan.machines) {
    const marks = normaliseMarks(machine.marks);
    for (const by of ['mac', 'uuid', 'serial'] as const) {
      const value = marks[by];
      if (value !== undefined && !index[by].has(value)) index[by].set(value, machine);
    }
  }
  return index;
}
