// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import { currentStateOf, type UnitState, type UnitTable } from '../../registry/index.js';
import {
  type FleetOptions,
  fillSpecifiers,
  findUnitName,
  parseFleetOptions,
  parseUnitFile,
  type UnitFile,
} from '../../units/index.js';
import type { Column } from '../print.js';
import { machineName } from './judge-unit.js';

/** A unit on one machine, or nowhere. */
export interface UnitRow {
  readonly name: string;
  /** Empty texts: nowhere. */
  readonly machine: { readonly id: string; readonly name: string };
  readonly targetState: string;
  /** Empty: it is global, and has none of its own. */
  readonly currentState: string;
  readonly active: string;
  readonly sub: string;
  readonly hash: string;
}

export const unitColumns: readonly Column<UnitRow>[] = [
  { title: 'UNIT', text: ({ name }) => name },
  { title: 'MACHINE', text: ({ machine }) => machine.name },
  { title: 'TARGET', text: ({ targetState }) => targetState },
  { title: 'STATE', text: ({ currentState }) => currentState },
  { title: 'ACTIVE', text: ({ active }) => active },
  { title: 'SUB', text: ({ sub }) => sub },
  { title: 'HASH', text: ({ hash }) => hash.slice(0, 7) },
];

/** One for each machine that has it or is to have it; one without a machine when none does. */
export function unitRows(table: UnitTable, name: string): readonly UnitRow[] {
  const job = table.jobs.get(name);
  const ids = placesOf(table, name);
  const isGlobal = optionsOf(table, name)?.isGlobal === true;
  return (ids.length === 0 ? [undefined] : ids).map((id) => {
    const state = id && stateOn(table, name, id);
    return {
      name,
      machine: { id: id ?? '', name: id === undefined ? '' : machineName(table, id) },
      targetState: job?.targetState ?? 'inactive',
      currentState: isGlobal ? '' : currentStateOf(table, name),
      active: state?.active ?? '',
      sub: state?.sub ?? '',
      hash: job?.object?.hash ?? '',
    };
  });
}

/** Machines that have it or are to have it, by name. */
export function placesOf(table: UnitTable, name: string): readonly MachineId[] {
  const target = table.jobs.get(name)?.target;
  const ids = new Set([...(table.states.get(name)?.keys() ?? []), ...(target === undefined ? [] : [target])]);
  return [...ids].sort(compareMachines(table, (id) => id));
}

/** By the names of machines. */
export function compareMachines<T>(table: UnitTable, idOf: (one: T) => MachineId): (a: T, b: T) => number {
  return (a, b) => {
    const [one, other] = [machineName(table, idOf(a)), machineName(table, idOf(b))];
    return one < other ? -1 : Number(one > other);
  };
}

export function stateOn(table: UnitTable, name: string, id: MachineId): UnitState | undefined {
  return table.states.get(name)?.get(id);
}

/** A unit as it was submitted. */
export interface UnitFileRow {
  readonly name: string;
  readonly hash: string;
  readonly targetState: string;
  readonly currentState: string;
  readonly machine: { readonly id: string; readonly name: string };
  readonly isGlobal: boolean;
  readonly description: string;
}

/** fleet's columns. */
export const unitFileColumns: readonly Column<UnitFileRow>[] = [
  { title: 'UNIT', text: ({ name }) => name },
  { title: 'HASH', text: ({ hash }) => hash.slice(0, 7) },
  { title: 'DSTATE', text: ({ targetState }) => targetState },
  { title: 'STATE', text: ({ currentState }) => currentState },
  { title: 'TARGET', text: ({ machine, isGlobal }) => (isGlobal ? 'global' : machine.name) },
  { title: 'DESC', text: ({ description }) => description },
];

export function unitFileRow(table: UnitTable, name: string): UnitFileRow {
  const job = table.jobs.get(name);
  const hash = job?.object?.hash ?? '';
  const isGlobal = optionsOf(table, name)?.isGlobal === true;
  const target = job?.target;
  return {
    name,
    hash,
    targetState: job?.targetState ?? 'inactive',
    currentState: isGlobal ? '' : currentStateOf(table, name),
    machine: { id: target ?? '', name: target === undefined ? '' : machineName(table, target) },
    isGlobal,
    description: descriptionOf(table, name),
  };
}

function fileOf(table: UnitTable, name: string): UnitFile {
  return parseUnitFile(table.texts.get(table.jobs.get(name)?.object?.hash ?? '') ?? '').unit;
}

function optionsOf(table: UnitTable, name: string): FleetOptions | undefined {
  const parts = findUnitName(name);
  return parts && parseFleetOptions(parts, fileOf(table, name)).options;
}

/** The unit's own words for itself, its name filled in; empty: it has none. */
export function descriptionOf(table: UnitTable, name: string): string {
  const { sections } = fileOf(table, name);
  const parts = findUnitName(name);
  const entries = sections.find((section) => section.name === 'Unit')?.entries ?? [];
  const words = entries.findLast(({ key }) => key === 'Description')?.value ?? '';
  return parts === undefined || parts.instance === '' ? words : fillSpecifiers(words, parts);
}
