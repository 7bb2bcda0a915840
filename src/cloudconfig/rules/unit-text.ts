// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, hintForName, quoteValue } from '../../spec/index.js';
import { parseUnitFile, type UnitFile, type UnitFileSection } from '../../units/index.js';
import type { CloudConfig, CloudUnit } from '../cloud-config.js';
import { networkDirectives } from '../network-directives.js';
import { problem } from '../rule.js';
import { unitDirectives } from '../unit-directives.js';

/** Sections and directives that systemd does not know, and services with nothing to run. */
export function checkUnitText({ units }: CloudConfig): readonly DataProblem[] {
  return units.flatMap((unit, index) => checkUnit(unit, ['coreos', 'units', index]));
}

/** What a file may hold, of the sections that its reader knows. */
interface Vocabulary {
  readonly directives: ReadonlyMap<string, ReadonlySet<string>>;
  /** Sections of this kind of file. */
  readonly allowed: readonly string[];
}

function checkUnit(unit: CloudUnit, path: DataPath): readonly DataProblem[] {
  const vocabulary = vocabularyOf(unit.name);
  const texts = [
    { text: unit.content, path: [...path, 'content'] },
    ...unit.dropIns.map((file, at) => ({ text: file.content, path: [...path, 'drop_ins', at, 'content'] })),
  ];
  const files = texts.map(({ text, path }) => ({ file: parseUnitFile(text).unit, path }));
  return [
    ...files.flatMap(({ file, path }) =>
      file.sections.flatMap((section) => checkUnitSection(section, vocabulary, path)),
    ),
    ...checkRuns(
      unit,
      files.map(({ file }) => file),
      path,
    ),
  ];
}

/** `Service` beside `Unit` and `Install` for `a.service`; a target has none of its own. */
function vocabularyOf(name: string): Vocabulary {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const network = networkDirectives.get(kind);
  if (network !== undefined) return { directives: network, allowed: [...network.keys()] };
  const own = kind.slice(0, 1).toUpperCase() + kind.slice(1);
  const allowed = ['Unit', 'Install', ...(unitDirectives.has(own) ? [own] : [])];
  return { directives: unitDirectives, allowed };
}

function checkUnitSection(
  section: UnitFileSection,
  { directives, allowed }: Vocabulary,
  path: DataPath,
): readonly DataProblem[] {
  const { name, entries } = section;
  if (name.startsWith('X-')) return [];
  const line = entries[0]?.line === undefined ? {} : { line: entries[0].line };
  const known = directives.get(name);
  if (known === undefined) {
    const told = [`systemd knows no section [${name}]`, hintForName(name, allowed)] as const;
    return [problem('unknown-directive', 'warning', path, told, line)];
  }
  if (!allowed.includes(name)) {
    const told = [
      `[${name}] is not read in a unit of this kind`,
      `known here: ${allowed.join(', ')}`,
    ] as const;
    return [problem('unknown-directive', 'warning', path, told, line)];
  }
  return entries
    .filter(({ key }) => !known.has(key) && !key.startsWith('X-'))
    .map(({ key, line }) => {
      const told = [
        `${quoteValue(key)} is no directive of [${name}]`,
        hintForDirective(key, name, directives),
      ] as const;
      return problem('unknown-directive', 'warning', path, told, { line });
    });
}

/** A directive in the wrong section is told where it belongs. */
function hintForDirective(key: string, section: string, directives: Vocabulary['directives']): string {
  const homes = [...directives].filter(([, names]) => names.has(key)).map(([name]) => name);
  if (homes.length > 0) return `it belongs in [${homes.slice(0, 3).join('], [')}]`;
  const hint = hintForName(key, [...(directives.get(section) ?? [])]);
  return hint.startsWith('known here') ? 'systemd leaves it out: look for a slip in the name' : hint;
}

/** Source: systemd 252, src/core/service.c, service_verify. */
function checkRuns(unit: CloudUnit, files: readonly UnitFile[], path: DataPath): readonly DataProblem[] {
  if (!unit.name.endsWith('.service') || unit.content === '') return [];
  const isRun = files.some(({ sections }) =>
    sections.some(({ name, entries }) => name === 'Service' && entries.some(({ key }) => starters.has(key))),
  );
  if (isRun) return [];
  const told = [
    'this service has nothing to run, and systemd refuses it',
    'add ExecStart= below [Service]',
  ] as const;
  return [problem('unit-incomplete', 'warning', [...path, 'content'], told)];
}

const starters: ReadonlySet<string> = new Set(['ExecStart', 'ExecStop', 'SuccessAction', 'BusName']);
