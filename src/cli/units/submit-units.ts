// SPDX-License-Identifier: Apache-2.0

import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Issue, renderIssue } from '../../model/index.js';
import type { UnitRegistry, UnitTable } from '../../registry/index.js';
import { type CheckedUnit, checkUnit, findUnitName } from '../../units/index.js';
import { fail } from '../errors.js';
import { spreadName } from './unit-names.js';

/**
 * Puts units into the registry and returns their names, in fleet's order of places: the registry's unit, the file here,
 * the registry's template, the template here. @throws `cli/no-unit-file`, `cli/bad-unit`
 */
export async function submitUnits(
  units: UnitRegistry,
  table: UnitTable,
  paths: readonly string[],
  isReplacing: boolean,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const path of paths.flatMap(spreadName)) {
    const file = basename(path);
    const name = findUnitName(file.endsWith('.container') ? file.slice(0, -'.container'.length) : file);
    const isThere = name !== undefined && table.jobs.get(name.full)?.object !== undefined;
    if (isThere && !isReplacing) {
      await warnIfOther(table, path, file, name.full);
      names.push(name.full);
      continue;
    }
    const text = await findText(table, path);
    if (text === undefined) throw fail('cli/no-unit-file', { unit: file, path });
    const unit = check(path, file, text);
    if (!(await units.submit(submissionOf(unit)))) await units.replace(submissionOf(unit));
    names.push(unit.name.full);
  }
  return names;
}

/** A folder may have the name of a unit. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** As fleetctl does: who has changed the file and forgets the flag would wonder why nothing happens. */
async function warnIfOther(table: UnitTable, path: string, file: string, unit: string): Promise<void> {
  if (!isFile(path) || (file !== unit && !file.endsWith('.container'))) return;
  const checked = checkUnit(file, await readFile(path, 'utf8'));
  if (checked.kind === 'ok' && checked.unit.hash === table.jobs.get(unit)?.object?.hash) return;
  process.stderr.write(
    `${unit}: the registry has another text than ${path}, and keeps it without --replace\n`,
  );
}

async function findText(table: UnitTable, path: string): Promise<string | undefined> {
  if (isFile(path)) return readFile(path, 'utf8');
  const name = findUnitName(basename(path));
  if (name === undefined || !name.instance) return undefined;
  const template = `${name.prefix}@.${name.type}`;
  const object = table.jobs.get(template)?.object;
  if (object !== undefined) return table.texts.get(object.hash);
  const local = path.slice(0, path.length - basename(path).length) + template;
  return isFile(local) ? readFile(local, 'utf8') : undefined;
}

function check(path: string, file: string, text: string): CheckedUnit {
  const checked = checkUnit(file, text);
  printIssues(path, checked.kind === 'bad' ? checked.issues : checked.warnings);
  if (checked.kind === 'bad') throw fail('cli/bad-unit', { unit: file });
  return checked.unit;
}

/** As compilers do, on standard error. */
export function printIssues(path: string, issues: readonly Issue[]): void {
  for (const issue of issues) process.stderr.write(`${renderIssue(path, issue)}\n`);
}

function submissionOf({ name, text, hash }: CheckedUnit) {
  return { unit: name.full, text, hash };
}
