// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { realClock, silentLog } from '../effects/index.js';
import { explainUnit, openBoard } from '../engine/index.js';
import { findMachineId, type MachineId, renderIssue } from '../model/index.js';
import {
  currentStateOf,
  openRegistry,
  type TargetState,
  type UnitRegistry,
  type UnitTable,
} from '../registry/index.js';
import { type CheckedUnit, checkUnit, findUnitName, parseGlob } from '../units/index.js';
import { findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from './command.js';
import { getControl } from './control-record.js';
import { fail } from './errors.js';
import { namedEndpoints } from './named-endpoints.js';
import { parseSeconds } from './parse-flags.js';
import { type Column, printJson, printRows } from './print.js';
import { openSession } from './session.js';
import { withStore } from './with-store.js';

const targets: Readonly<Record<string, TargetState>> = {
  load: 'loaded',
  start: 'launched',
  stop: 'loaded',
  unload: 'inactive',
};

/** Units are where the engine and the agents look for them: in the store of the control process, whatever store the machines run. */
async function withUnits(
  input: CommandInput,
  use: (units: UnitRegistry) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (namedEndpoints(input.flags).length > 0) {
    return withStore(input.flags, (kv) => use(openRegistry({ kv, clock: realClock, log: silentLog }).units));
  }
  const session = openSession(await getControl(findClusterFolder(input.flags)));
  try {
    return await use(session.registry.units);
  } finally {
    await session.close();
  }
}

/** `submit`, `load`, `start`, `stop`, `unload`, `restart`, `destroy`. */
export function runUnitChange(what: string): (input: CommandInput) => Promise<ExitCode> {
  return (input) =>
    withUnits(input, async (units) => {
      const table = await units.table();
      const paths = input.args.flatMap(spread);
      const isComing = what === 'submit' || what === 'load' || what === 'start';
      const names = isComing
        ? await submit(units, table, paths, isSet(input.flags, 'replace'))
        : known(table, paths);
      for (const name of names) await change(units, what, name);
      if (what === 'submit' || what === 'restart' || isSet(input.flags, 'noBlock')) {
        for (const name of names) process.stdout.write(`${what} ${name}: asked\n`);
        return 0;
      }
      const seconds = parseSeconds('--timeout', textFlag(input.flags, 'timeout') ?? '60');
      return follow(units, what, names, seconds * 1_000, input.signal);
    });
}

async function change(units: UnitRegistry, what: string, name: string): Promise<void> {
  if (what === 'destroy') await units.destroy(name);
  else if (what === 'restart') await units.restart(name);
  else if (targets[what] !== undefined) await units.setTargetState(name, targets[what]);
}

/** `web@{1..3}.service` is three names. */
function spread(text: string): readonly string[] {
  const [, before = '', first, last, after = ''] = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return [text];
  const count = Math.min(1_000, Math.max(0, Number(last) - Number(first) + 1));
  return Array.from({ length: count }, (_, index) => `${before}${Number(first) + index}${after}`);
}

/** Names that are there; globs stand for all that they fit. */
function known(table: UnitTable, texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    if (/[*?[]/.test(text)) {
      const glob = parseGlob(text);
      return [...table.jobs.keys()].filter((name) => glob?.(name)).sort();
    }
    const name = findUnitName(text)?.full ?? text;
    if (table.jobs.get(name)?.object === undefined) throw fail('cli/unknown-unit', { unit: name });
    return [name];
  });
}

/** In fleet's order: the registry's unit, the file here, the registry's template, the template here. */
async function submit(
  units: UnitRegistry,
  table: UnitTable,
  paths: readonly string[],
  isReplacing: boolean,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const path of paths) {
    const file = basename(path);
    const name = findUnitName(file.endsWith('.container') ? file.slice(0, -'.container'.length) : file);
    const isThere = name !== undefined && table.jobs.get(name.full)?.object !== undefined;
    if (isThere && !isReplacing) {
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

async function findText(table: UnitTable, path: string): Promise<string | undefined> {
  if (existsSync(path)) return readFile(path, 'utf8');
  const name = findUnitName(basename(path));
  if (name === undefined || !name.instance) return undefined;
  const template = `${name.prefix}@.${name.type}`;
  const object = table.jobs.get(template)?.object;
  if (object !== undefined) return table.texts.get(object.hash);
  const local = path.slice(0, path.length - basename(path).length) + template;
  return existsSync(local) ? readFile(local, 'utf8') : undefined;
}

function check(path: string, file: string, text: string): CheckedUnit {
  const checked = checkUnit(file, text);
  const issues = checked.kind === 'bad' ? checked.issues : checked.warnings;
  for (const issue of issues) process.stderr.write(`${renderIssue(path, issue)}\n`);
  if (checked.kind === 'bad') throw fail('cli/bad-unit', { unit: file });
  return checked.unit;
}

function submissionOf({ name, text, hash }: CheckedUnit) {
  return { unit: name.full, text, hash };
}

/** Prints each unit as it gets where it should be; 1 when some did not in time. */
async function follow(
  units: UnitRegistry,
  what: string,
  names: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ExitCode> {
  const late = new AbortController();
  const until = AbortSignal.any([signal, late.signal]);
  const ended = new AbortController();
  realClock.sleep(timeoutMs, ended.signal).then(() => late.abort());
  const open = new Set(names);
  let last: UnitTable | undefined;
  for await (const { table } of units.watch(until)) {
    last = table;
    for (const name of open) {
      const word = reached(table, what, name);
      if (word === undefined) continue;
      process.stdout.write(`${name}: ${word}\n`);
      open.delete(name);
    }
    if (open.size === 0) break;
  }
  ended.abort();
  for (const name of open) {
    const board = last && openBoard(last);
    process.stderr.write(
      `${name}: not yet: ${board ? explainUnit(board, name).summary : 'nobody answers'}\n`,
    );
    process.stderr.write(`    see "muster unit why ${name}"\n`);
  }
  return open.size === 0 ? 0 : 1;
}

/** What became of it, once it is as was asked; a start that failed is an end too, told by its state. */
function reached(table: UnitTable, what: string, name: string): string | undefined {
  const job = table.jobs.get(name);
  const states = [...(table.states.get(name) ?? [])];
  if (what === 'destroy' || what === 'unload') {
    const isGone = states.length === 0 && job?.target === undefined;
    return isGone ? (what === 'destroy' ? 'destroyed' : 'inactive') : undefined;
  }
  if (job?.object === undefined) return undefined;
  const [found] = job.target === undefined ? states : states.filter(([id]) => id === job.target);
  if (found === undefined) return undefined;
  const [machine, state] = found;
  const isThere =
    what === 'start'
      ? state.active === 'active' || state.isDone === true
      : state.active !== 'active' && state.active !== 'deactivating';
  if (isThere) return `${what === 'start' ? 'launched' : 'loaded'} on ${machineName(table, machine)}`;
  return undefined;
}

function machineName(table: UnitTable, id: MachineId): string {
  return table.machines.get(id)?.host?.name ?? id.slice(0, 8);
}

interface Row {
  readonly name: string;
  readonly machine: { readonly id: string; readonly name: string };
  readonly targetState: string;
  readonly currentState: string;
  readonly active: string;
  readonly sub: string;
  readonly hash: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'UNIT', text: ({ name }) => name },
  { title: 'MACHINE', text: ({ machine }) => machine.name },
  { title: 'TARGET', text: ({ targetState }) => targetState },
  { title: 'STATE', text: ({ currentState }) => currentState },
  { title: 'ACTIVE', text: ({ active }) => active },
  { title: 'SUB', text: ({ sub }) => sub },
  { title: 'HASH', text: ({ hash }) => hash.slice(0, 7) },
];

export function runUnitList(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const names = [...table.jobs.keys()].filter((name) => table.jobs.get(name)?.object !== undefined).sort();
    await printRows(
      textFlag(input.flags, 'output') ?? 'table',
      names.flatMap((name) => rowsOf(table, name)),
      columns,
    );
    return 0;
  });
}

function rowsOf(table: UnitTable, name: string): readonly Row[] {
  const job = table.jobs.get(name);
  const machines = new Set<MachineId | undefined>(table.states.get(name)?.keys());
  if (job?.target !== undefined) machines.add(job.target);
  if (machines.size === 0) machines.add(undefined);
  return [...machines].map((id) => {
    const state = id && table.states.get(name)?.get(id);
    return {
      name,
      machine: { id: id ?? '', name: id === undefined ? '' : machineName(table, id) },
      targetState: job?.targetState ?? 'inactive',
      currentState: currentStateOf(table, name),
      active: state?.active ?? '',
      sub: state?.sub ?? '',
      hash: job?.object?.hash ?? '',
    };
  });
}

export function runUnitCat(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const name = findUnitName(input.args[0] ?? '')?.full ?? '';
    const table = await units.tableOf(name);
    const [text] = table.texts.values();
    if (text === undefined) throw fail('cli/unknown-unit', { unit: name });
    process.stdout.write(text);
    return 0;
  });
}

export function runUnitWhy(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const [name = ''] = known(table, input.args);
    const found = explainUnit(openBoard(table), name);
    const isJson = textFlag(input.flags, 'output') === 'json';
    if (isJson) printJson({ name, ...found });
    else {
      process.stdout.write(`${name}: ${found.summary}\n`);
      for (const { machine, isHere, units: count, against } of found.machines) {
        const verdict = against === '' ? `fits, with ${count} units there` : against;
        process.stdout.write(`  ${isHere ? '*' : ' '} ${machineName(table, machine)}: ${verdict}\n`);
      }
    }
    return 0;
  });
}

/** `drain`, `cordon`, `uncordon`. */
export function runMachineMark(what: string): (input: CommandInput) => Promise<ExitCode> {
  return (input) =>
    withUnits(input, async (units) => {
      const [name = ''] = input.args;
      const table = await units.table();
      const found = [...table.machines].find(
        ([id, { host }]) => host?.name === name || id === findMachineId(name),
      );
      if (found === undefined) {
        const all = [...table.machines.values()].map(({ host }) => host?.name ?? '').join(', ');
        throw fail('cli/unknown-machine', { name, cluster: 'store', known: all });
      }
      const kind = what === 'drain' ? 'drain' : 'cordon';
      await units.mark(found[0], what === 'uncordon' ? undefined : { kind, at: realClock.now() });
      process.stdout.write(`${name}: ${what === 'drain' ? 'being drained' : `${what}ed`}\n`);
      return 0;
    });
}
