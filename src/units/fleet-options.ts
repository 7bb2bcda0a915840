// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import { parseGlob } from './glob.js';
import { findByteSize, findCpus, findSeconds } from './option-values.js';
import type { UnitFile, UnitFileEntry } from './unit-file.js';
import type { UnitName } from './unit-name.js';

/** Where a unit may run, and how it is moved and replaced: its section `[X-Fleet]`. */
export interface FleetOptions {
  readonly isGlobal: boolean;
  /** A machine ID, or its first eight digits. */
  readonly machineId: string | undefined;
  /** Exact names. */
  readonly machineOf: readonly string[];
  /** One of the values each; different keys must all be met. */
  readonly metadata: readonly { readonly key: string; readonly values: readonly string[] }[];
  /** Globs. */
  readonly conflicts: readonly string[];
  readonly replaces: readonly string[];
  /** Globs of units that are better not on the same machine. */
  readonly avoids: readonly string[];
  /** Metadata keys, or `machine`, over whose values the units of a template are spread as evenly as can be. */
  readonly spread: readonly string[];
  /** Of a template: how many instances the engine keeps, named 1, 2, …; nothing: it keeps none. */
  readonly replicas: number | undefined;
  /** What is set aside for it on its machine. */
  readonly memoryBytes: number;
  readonly cpus: number;
  /** When it is moved by choice: the new one is up before the old one goes, or the old one is gone first. */
  readonly handover: 'stop-first' | 'start-first';
  /** How many of a template, or of the machines of a global unit, are replaced at a time. */
  readonly updateParallel: number;
  /** How long a replaced one must stay up before the next one is touched. */
  readonly updateHealthyMs: number;
  /** One that is not up by then counts as failed, and all are put back. */
  readonly updateTimeoutMs: number;
}

export const fleetSection = 'X-Fleet';

const legacyNames: Readonly<Record<string, string>> = {
  'X-ConditionMachineID': 'MachineID',
  'X-ConditionMachineBootID': 'MachineID',
  'X-ConditionMachineOf': 'MachineOf',
  'X-ConditionMachineMetadata': 'MachineMetadata',
  'X-Conflicts': 'Conflicts',
};

/** Every option of `[X-Fleet]`. */
export const fleetOptionNames: readonly string[] = [
  'MachineID',
  'MachineOf',
  'MachineMetadata',
  'Conflicts',
  'Replaces',
  'Global',
  'Avoids',
  'Spread',
  'Replicas',
  'MemoryReserve',
  'CPUReserve',
  'Handover',
  'UpdateParallel',
  'UpdateHealthySec',
  'UpdateTimeoutSec',
];

interface Value {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/**
 * Reads `[X-Fleet]`. What cannot be read is left out and told, by line; what only muster knows has defaults that mean
 * fleet's behaviour.
 *
 * Source: coreos/fleet job/job.go and api/units.go; Documentation/unit-files-and-scheduling.md
 */
export function parseFleetOptions(
  name: UnitName,
  file: UnitFile,
): { readonly options: FleetOptions; readonly issues: readonly Issue[] } {
  const entries = file.sections.find((section) => section.name === fleetSection)?.entries ?? [];
  const issues: Issue[] = entries.flatMap((entry) => unknownName(entry));
  const values = entries.flatMap((entry) => valuesOf(name, entry));
  const told = (severity: Issue['severity'], { name: path, line }: Value, message: string, hint: string) =>
    issues.push({ severity, path: `${fleetSection}.${path}`, line, column: 1, message, hint });
  const all = (key: string) => values.filter((value) => value.name === key);
  const read = <T>(key: string, parse: (text: string) => T | undefined, fallback: T, hint: string): T => {
    const value = all(key).at(-1);
    if (value === undefined) return fallback;
    const found = parse(value.text);
    if (found === undefined) told('error', value, `${key} cannot be "${value.text}"`, hint);
    return found ?? fallback;
  };
  const globs = (key: string) =>
    all(key).flatMap((value) =>
      value.text.split(/\s+/).filter((glob) => {
        if (glob === '') return false;
        const isGood = parseGlob(glob) !== undefined;
        if (!isGood)
          told('error', value, `"${glob}" is no glob`, 'close each "[", put "\\" before a plain one');
        return isGood;
      }),
    );
  const names = (key: string) =>
    all(key).flatMap(({ text }) => text.split(/\s+/).filter((one) => one !== ''));

  const metadata = new Map<string, string[]>();
  for (const value of all('MachineMetadata')) {
    const [, key, wanted] = /^([^=]+)=(.*)$/.exec(value.text) ?? [];
    if (key === undefined || wanted === undefined)
      told('error', value, `MachineMetadata "${value.text}" is no key=value`, 'write it like disk=ssd');
    else metadata.set(key.trim(), [...(metadata.get(key.trim()) ?? []), wanted.trim()]);
  }
  const options: FleetOptions = {
    isGlobal: /^(true|yes|1|on|t)$/i.test(all('Global').at(-1)?.text ?? ''),
    machineId: all('MachineID')[0]?.text.toLowerCase(),
    machineOf: names('MachineOf'),
    metadata: [...metadata].map(([key, wanted]) => ({ key, values: wanted })),
    conflicts: globs('Conflicts'),
    replaces: globs('Replaces'),
    avoids: globs('Avoids'),
    spread: names('Spread'),
    replicas: read('Replicas', countUpTo(1000), undefined, 'write a number from 0 to 1000'),
    memoryBytes: read('MemoryReserve', findByteSize, 0, 'write it like 512M or 2G'),
    cpus: read('CPUReserve', findCpus, 0, 'write it like 0.5, 2 or 50%'),
    handover: read('Handover', findHandover, 'stop-first', 'write stop-first or start-first'),
    updateParallel: Math.max(1, read('UpdateParallel', countUpTo(1000), 1, 'write a number from 1')),
    updateHealthyMs: read('UpdateHealthySec', findSeconds, 5_000, 'write seconds, like 10'),
    updateTimeoutMs: read('UpdateTimeoutSec', findSeconds, 120_000, 'write seconds, like 120'),
  };
  checkTogether(name, options, all, told);
  return { options, issues };
}

function unknownName({ key, line }: UnitFileEntry): readonly Issue[] {
  if (fleetOptionNames.includes(key) || key in legacyNames) return [];
  return [
    {
      severity: 'warning',
      path: `${fleetSection}.${key}`,
      line,
      column: 1,
      message: `${key} is not known and is ignored`,
      hint: `known are ${fleetOptionNames.join(', ')}`,
    },
  ];
}

/** A line that begins and ends with a quote holds several values; specifiers are filled in. */
function valuesOf(unit: UnitName, { key, value, line }: UnitFileEntry): readonly Value[] {
  const name = legacyNames[key] ?? key;
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  const parts = isQuoted ? [...value.matchAll(/"([^"]*)"/g)].map((part) => part[1] ?? '') : [value];
  return parts.map((text) => ({ name, text: fillSpecifiers(text, unit).trim(), line }));
}

/** Those that stand for the unit's own name; all others stay as written. */
export function fillSpecifiers(text: string, unit: UnitName): string {
  const stem = unit.full.slice(0, unit.full.lastIndexOf('.'));
  const filled: Readonly<Record<string, string>> = {
    n: unit.full,
    N: stem,
    p: unit.prefix,
    i: unit.instance ?? '',
  };
  return text.replace(/%([nNpi])/g, (whole, letter: string) => filled[letter] ?? whole);
}

function countUpTo(most: number) {
  return (text: string): number | undefined =>
    /^\d{1,6}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

function findHandover(text: string): FleetOptions['handover'] | undefined {
  return text === 'stop-first' || text === 'start-first' ? text : undefined;
}

/** Combinations that contradict themselves. */
function checkTogether(
  unit: UnitName,
  options: FleetOptions,
  all: (key: string) => readonly Value[],
  told: (severity: Issue['severity'], value: Value, message: string, hint: string) => void,
): void {
  const refuse = (first: string, others: readonly string[]) => {
    const [value] = all(first);
    for (const other of others) {
      if (value === undefined || all(other).length === 0) continue;
      if (other === 'Global' && !options.isGlobal) continue;
      told('error', value, `${first} cannot be together with ${other}`, 'keep one of them');
    }
  };
  refuse('MachineID', ['MachineOf', 'Conflicts', 'Global', 'Replaces']);
  refuse('Conflicts', ['Replaces']);
  if (options.isGlobal) refuse('Global', ['MachineOf', 'Replaces', 'Replicas']);
  for (const [key, globs] of [
    ['Conflicts', options.conflicts],
    ['Replaces', options.replaces],
  ] as const) {
    const clash = options.machineOf.find((name) => globs.some((glob) => parseGlob(glob)?.(name)));
    const [value] = all('MachineOf');
    if (clash !== undefined && value !== undefined)
      told('error', value, `MachineOf "${clash}" is excluded by ${key}`, 'drop it from one of them');
  }
  const [replicas] = all('Replicas');
  if (replicas !== undefined && unit.instance === undefined)
    told(
      'error',
      replicas,
      'Replicas stands in a unit that is no template',
      'name the unit like web@.service',
    );
}
