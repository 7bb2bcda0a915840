// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, hintForName, quoteValue } from '../../spec/index.js';
import { parseUnitFile, type UnitFile, type UnitFileSection } from '../../units/index.js';
import type { CloudConfig, CloudUnit } from '../cloud-config.js';
import { isNetworkUnit } from '../node-path.js';
import { problem } from '../rule.js';
import { unitDirectives } from '../unit-directives.js';

/** Sections and directives that systemd does not know, and services with nothing to run. */
export function checkUnitText({ units }: CloudConfig): readonly DataProblem[] {
  return units.flatMap((unit, index) =>
    isNetworkUnit(unit.name) ? [] : checkUnit(unit, ['coreos', 'units', index]),
  );
}

function checkUnit(unit: CloudUnit, path: DataPath): readonly DataProblem[] {
  const own = ownSection(unit.name);
  const texts = [
    { text: unit.content, path: [...path, 'content'] },
    ...unit.dropIns.map((file, at) => ({ text: file.content, path: [...path, 'drop_ins', at, 'content'] })),
  ];
  const files = texts.map(({ text, path }) => ({ file: parseUnitFile(text).unit, path }));
  return [
    ...files.flatMap(({ file, path }) =>
      file.sections.flatMap((section) => checkUnitSection(section, own, path)),
    ),
    ...checkRuns(
      unit,
      files.map(({ file }) => file),
      path,
    ),
  ];
}

/** `Service` of `a.service`; a target has none of its own. */
function ownSection(name: string): string {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  return kind.slice(0, 1).toUpperCase() + kind.slice(1);
}

function checkUnitSection(section: UnitFileSection, own: string, path: DataPath): readonly DataProblem[] {
  const { name, entries } = section;
  if (name.startsWith('X-')) return [];
  const line = entries[0]?.line === undefined ? {} : { line: entries[0].line };
  const known = unitDirectives.get(name);
  const allowed = ['Unit', 'Install', ...(unitDirectives.has(own) ? [own] : [])];
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
      const told = [`${quoteValue(key)} is no directive of [${name}]`, hintForDirective(key, name)] as const;
      return problem('unknown-directive', 'warning', path, told, { line });
    });
}

/** A directive in the wrong section is told where it belongs. */
function hintForDirective(key: string, section: string): string {
  const homes = [...unitDirectives].filter(([, names]) => names.has(key)).map(([name]) => name);
  if (homes.length > 0) return `it belongs in [${homes[0]}]`;
  const hint = hintForName(key, [...(unitDirectives.get(section) ?? [])]);
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
