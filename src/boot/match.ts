// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../model/index.js';
import { normaliseMarks } from './marks.js';
import type { BootMachine, BootPlan } from './plan.js';

interface MarkIndex {
  readonly byMac: ReadonlyMap<string, BootMachine>;
  readonly byUuid: ReadonlyMap<string, BootMachine>;
  readonly bySerial: ReadonlyMap<string, BootMachine>;
}

// No state of its own: plans never change, so an index is a function of its plan and goes with it.
const indexes = new WeakMap<BootPlan, MarkIndex>();

/**
 * The machine that these marks belong to: by MAC, else by UUID, else by serial number. A MAC that nobody has
 * does not rule out the others, since a network card may have been replaced.
 *
 * Cost: constant, but for the first call with a plan, which reads all its machines.
 */
export function findMachine(plan: BootPlan, marks: MachineMarks): BootMachine | undefined {
  const index = indexOf(plan);
  const { mac, uuid, serial } = normaliseMarks(marks);
  return (
    (mac === undefined ? undefined : index.byMac.get(mac)) ??
    (uuid === undefined ? undefined : index.byUuid.get(uuid)) ??
    (serial === undefined ? undefined : index.bySerial.get(serial))
  );
}

function indexOf(plan: BootPlan): MarkIndex {
  const known = indexes.get(plan);
  if (known !== undefined) return known;
  const index = buildIndex(plan);
  indexes.set(plan, index);
  return index;
}

function buildIndex(plan: BootPlan): MarkIndex {
  const byMac = new Map<string, BootMachine>();
  const byUuid = new Map<string, BootMachine>();
  const bySerial = new Map<string, BootMachine>();
  for (const machine of plan.machines) {
    const { mac, uuid, serial } = normaliseMarks(machine.marks);
    if (mac !== undefined && !byMac.has(mac)) byMac.set(mac, machine);
    if (uuid !== undefined && !byUuid.has(uuid)) byUuid.set(uuid, machine);
    if (serial !== undefined && !bySerial.has(serial)) bySerial.set(serial, machine);
  }
  return { byMac, byUuid, bySerial };
}
