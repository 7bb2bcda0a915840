// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { explainUnit, openBoard } from '../../engine/index.js';
import type { UnitTable } from '../../registry/index.js';
import { checkUnit, findUnitName } from '../../units/index.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { printJson, printRows } from '../print.js';
import { machineName } from './judge-unit.js';
import { printIssues } from './submit-units.js';
import { knownName, knownNames, submittedNames } from './unit-names.js';
import {
  compareMachines,
  descriptionOf,
  placesOf,
  stateOn,
  unitColumns,
  unitFileColumns,
  unitFileRow,
  unitRows,
} from './unit-rows.js';
import { withUnits } from './with-units.js';

export function runUnitList(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    // A template is a file: its instances are units.
    const names = submittedNames(table).filter((name) => findUnitName(name)?.instance !== '');
    const rows = names.flatMap((name) => unitRows(table, name));
    await printRows(textFlag(input.flags, 'output') ?? 'table', rows, unitColumns);
    return 0;
  });
}

export function runUnitListFiles(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const rows = submittedNames(table).map((name) => unitFileRow(table, name));
    await printRows(textFlag(input.flags, 'output') ?? 'table', rows, unitFileColumns);
    return 0;
  });
}

export function runUnitCat(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const text = input.args[0] ?? '';
    const name = findUnitName(text)?.full ?? text;
    const table = await units.tableOf(name);
    const [found] = table.texts.values();
    if (found === undefined) throw fail('cli/unknown-unit', { unit: name });
    process.stdout.write(found);
    return 0;
  });
}

export function runUnitWhy(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const name = knownName(table, input.args[0] ?? '');
    const found = explainUnit(openBoard(table), name);
    if (textFlag(input.flags, 'output') === 'json') printJson({ name, ...found });
    else {
      process.stdout.write(`${name}: ${found.summary}\n`);
      const byName = found.machines.toSorted(compareMachines(table, ({ machine }) => machine));
      for (const { machine, isHere, units: count, against } of byName) {
        const verdict =
          against === '' ? `fits, with ${count} ${count === 1 ? 'unit' : 'units'} there` : against;
        process.stdout.write(`  ${isHere ? '*' : ' '} ${machineName(table, machine)}: ${verdict}\n`);
      }
    }
    return 0;
  });
}

/** 0 when all that are to run do, else 1. */
export function runUnitStatus(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const all = knownNames(table, input.args).map((name) => statusOf(table, name));
    if (textFlag(input.flags, 'output') === 'json') printJson(all);
    else process.stdout.write(all.map(renderStatus).join('\n'));
    return all.every(({ isGood }) => isGood) ? 0 : 1;
  });
}

function statusOf(table: UnitTable, name: string) {
  const places = placesOf(table, name).map((id) => {
    const {
      load = '',
      active = '',
      sub = '',
      hash = '',
      reason = '',
      isDone = false,
    } = stateOn(table, name, id) ?? {};
    return { machine: { id, name: machineName(table, id) }, load, active, sub, hash, reason, isDone };
  });
  const { hash, targetState } = unitFileRow(table, name);
  const isUp = places.length > 0 && places.every(({ active, isDone }) => active === 'active' || isDone);
  return {
    name,
    description: descriptionOf(table, name),
    hash,
    targetState,
    isGood: targetState !== 'launched' || isUp,
    summary: explainUnit(openBoard(table), name).summary,
    places,
  };
}

function renderStatus({
  name,
  description,
  hash,
  targetState,
  summary,
  places,
}: ReturnType<typeof statusOf>) {
  const lines = [
    `${name}${description === '' ? '' : ` - ${description}`}`,
    `    target: ${targetState}, text ${hash.slice(0, 7)}; ${summary}`,
    ...places.map(({ machine, load, active, sub, hash: runs, reason }) => {
      const other = runs !== '' && runs !== hash ? `, with text ${runs.slice(0, 7)}` : '';
      const said = active === '' ? 'not heard of yet' : `${load}, ${active} (${sub})${other}`;
      return `    ${machine.name}: ${said}${reason === '' ? '' : `: ${reason}`}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** Reads unit files as a submission would, without any cluster. 1 when one would be refused. */
export async function runUnitVerify({ args, flags }: CommandInput): Promise<ExitCode> {
  const all = [];
  for (const path of args) {
    if (!existsSync(path)) throw fail('cli/no-such-unit-file', { path });
    const checked = checkUnit(basename(path), await readFile(path, 'utf8'));
    const issues = checked.kind === 'bad' ? checked.issues : checked.warnings;
    const isGood = checked.kind === 'ok';
    all.push({
      path,
      isGood,
      name: isGood ? checked.unit.name.full : '',
      hash: isGood ? checked.unit.hash : '',
      issues,
    });
  }
  if (textFlag(flags, 'output') === 'json') printJson(all);
  else {
    for (const { path, isGood, name, hash, issues } of all) {
      printIssues(path, issues);
      process.stdout.write(`${path}: ${isGood ? `good, ${name} ${hash.slice(0, 7)}` : 'refused'}\n`);
    }
  }
  return all.every(({ isGood }) => isGood) ? 0 : 1;
}
