// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../../model/index.js';
import { currentStateOf, type UnitState, type UnitTable } from '../../registry/index.js';
import { findUnitName, parseFleetOptions, parseUnitFile } from '../../units/index.js';
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
  return (ids.length === 0 ? [undefined] : ids).map((id) => {
    const state = id && stateOn(table, name, id);
    const isGlobal = id !== undefined && table.schedule.get(id)?.get(name)?.isGlobal === true;
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

/** Machines that have it or are to have it. */
export function placesOf(table: UnitTable, name: string): readonly MachineId[] {
  const target = table.jobs.get(name)?.target;
  return [...new Set([...(table.states.get(name)?.keys() ?? []), ...(target === undefined ? [] : [target])])];
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
  { title: 'STATE', text: ({ currentState, isGlobal }) => (isGlobal ? '' : currentState) },
  { title: 'TARGET', text: ({ machine, isGlobal }) => (isGlobal ? 'global' : machine.name) },
  { title: 'DESC', text: ({ description }) => description },
];

export function unitFileRow(table: UnitTable, name: string): UnitFileRow {
  const job = table.jobs.get(name);
  const hash = job?.object?.hash ?? '';
  const file = parseUnitFile(table.texts.get(hash) ?? '').unit;
  const parts = findUnitName(name);
  const target = job?.target;
  return {
    name,
    hash,
    targetState: job?.targetState ?? 'inactive',
    currentState: currentStateOf(table, name),
    machine: { id: target ?? '', name: target === undefined ? '' : machineName(table, target) },
    isGlobal: parts !== undefined && parseFleetOptions(parts, file).options.isGlobal,
    description: descriptionOf(table, name),
  };
}

/** The unit's own words for itself; empty: it has none. */
export function descriptionOf(table: UnitTable, name: string): string {
  const hash = table.jobs.get(name)?.object?.hash ?? '';
  const { sections } = parseUnitFile(table.texts.get(hash) ?? '').unit;
  const entries = sections.find((section) => section.name === 'Unit')?.entries ?? [];
  return entries.findLast(({ key }) => key === 'Description')?.value ?? '';
}
