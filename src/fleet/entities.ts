// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';
import { currentStateOf, metadataOf, type UnitMachine, type UnitTable } from '../registry/index.js';
import { findUnitName, optionsOf, parseFleetOptions, parseUnitFile } from '../units/index.js';
import type { Json } from './answers.js';

/** Names of the units that are there, sorted. */
export function unitNames(table: UnitTable): readonly string[] {
  return [...table.jobs].flatMap(([name, { object }]) => (object === undefined ? [] : [name])).sort();
}

/** A unit as clients see it; nothing when there is none of that name. Cost: parses its text. */
export function unitEntity(table: UnitTable, name: string): Json | undefined {
  const job = table.jobs.get(name);
  if (job?.object === undefined) return undefined;
  const file = parseUnitFile(table.texts.get(job.object.hash) ?? '').unit;
  const parts = findUnitName(name);
  // A global unit is on no one machine, so clients wait for what it should be only.
  const isGlobal = parts !== undefined && parseFleetOptions(parts, file).options.isGlobal;
  return {
    name,
    options: optionsOf(file),
    desiredState: job.targetState,
    ...(isGlobal ? {} : { currentState: currentStateOf(table, name) }),
    ...(job.target === undefined ? {} : { machineID: job.target }),
  };
}

/** A unit on one machine each, by unit and machine. */
export function stateEntities(
  table: UnitTable,
  unit: string | undefined,
  machine: string | undefined,
): readonly Json[] {
  const names = unit === undefined ? [...table.states.keys()].sort() : [unit];
  return names.flatMap((name) =>
    [...(table.states.get(name) ?? [])]
      .filter(([id]) => machine === undefined || id === machine)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { hash, load, active, sub }]) => ({
        name,
        hash,
        machineID: id,
        systemdLoadState: load,
        systemdActiveState: active,
        systemdSubState: sub,
      })),
  );
}

/** Machines that are there, by ID. */
export function machineEntities(table: UnitTable): readonly Json[] {
  return [...table.machines]
    .filter(([, { machine }]) => machine !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, machine]) => machineEntity(id, machine));
}

function machineEntity(id: MachineId, machine: UnitMachine): Json {
  const metadata = metadataOf(machine);
  const primaryIP = machine.machine?.publicIp ?? '';
  return {
    id,
    ...(primaryIP === '' ? {} : { primaryIP }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}
