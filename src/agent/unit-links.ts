// SPDX-License-Identifier: Apache-2.0

import type { UnitFile } from '../units/index.js';
import { expandSpecifiers, type SpecifierFacts } from './specifiers.js';
import { openUnitReader, type UnitReader } from './unit-reader.js';

/** How a unit stands to others, by name. */
export interface UnitLinks {
  readonly requires: readonly string[];
  readonly wants: readonly string[];
  readonly after: readonly string[];
  readonly before: readonly string[];
  readonly conflicts: readonly string[];
  /** When one of these is stopped or restarted, so is this one. */
  readonly stopsWith: readonly string[];
}

export interface InstallSettings {
  readonly wantedBy: readonly string[];
  readonly requiredBy: readonly string[];
  readonly aliases: readonly string[];
  /** Enabled along with it. */
  readonly also: readonly string[];
}

/** The `[Install]` section and the links of a unit of any type. */
export function unitLinksOf(
  files: readonly UnitFile[],
  facts: SpecifierFacts,
): { readonly links: UnitLinks; readonly install: InstallSettings } {
  const reader = openUnitReader(files);
  return { links: linksOf(reader, facts), install: installOf(reader, facts) };
}

function linksOf(reader: UnitReader, facts: SpecifierFacts): UnitLinks {
  const names = (...keys: string[]) => namesOf(reader, 'Unit', keys, facts);
  return {
    requires: names('Requires', 'BindsTo', 'Requisite'),
    wants: names('Wants'),
    after: names('After'),
    before: names('Before'),
    conflicts: names('Conflicts'),
    stopsWith: names('Requires', 'BindsTo', 'Requisite', 'PartOf'),
  };
}

function installOf(reader: UnitReader, facts: SpecifierFacts): InstallSettings {
  const names = (key: string) => namesOf(reader, 'Install', [key], facts);
  return {
    wantedBy: names('WantedBy'),
    requiredBy: names('RequiredBy'),
    aliases: names('Alias'),
    also: names('Also'),
  };
}

function namesOf(reader: UnitReader, section: string, keys: readonly string[], facts: SpecifierFacts) {
  const values = keys.flatMap((key) => reader.list(section, key));
  const names = values.flatMap((value) => value.split(/\s+/)).filter((name) => name !== '');
  return [...new Set(names.map((name) => expandSpecifiers(name, facts)))];
}
