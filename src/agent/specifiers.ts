// SPDX-License-Identifier: Apache-2.0

import { type UnitName, unescapeUnitName } from './unit-name.js';

/** What specifiers are filled from. */
export interface SpecifierFacts {
  readonly unit: UnitName;
  readonly machineId: string;
  readonly bootId: string;
  readonly hostname: string;
  /** Goes before the folders of `%t`, `%S` and the like: the node root, or empty for paths as the node sees them. */
  readonly folderPrefix: string;
}

/**
 * Replaces systemd's `%` specifiers. One that is not known stays as written.
 *
 * Source: systemd.unit(5), "Specifiers", v257.
 */
export function expandSpecifiers(text: string, facts: SpecifierFacts): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([a-zA-Z%])/g, (whole, letter: string) => specifier(letter, facts) ?? whole);
}

function specifier(letter: string, facts: SpecifierFacts): string | undefined {
  return nameSpecifier(letter, facts.unit) ?? hostSpecifier(letter, facts) ?? folderSpecifier(letter, facts);
}

function nameSpecifier(letter: string, unit: UnitName): string | undefined {
  const instance = unit.instance ?? '';
  switch (letter) {
    case 'n':
      return unit.full;
    case 'N':
      return unit.full.slice(0, unit.full.lastIndexOf('.'));
    case 'p':
      return unit.prefix;
    case 'P':
      return unescapeUnitName(unit.prefix);
    case 'i':
      return instance;
    case 'I':
      return unescapeUnitName(instance);
    case 'j':
      return unit.prefix.slice(unit.prefix.lastIndexOf('-') + 1);
    case 'J':
      return unescapeUnitName(unit.prefix.slice(unit.prefix.lastIndexOf('-') + 1));
    case 'f':
      return `/${unescapeUnitName(unit.instance === undefined ? unit.prefix : instance).replace(/^\/+/, '')}`;
    default:
      return undefined;
  }
}

function hostSpecifier(letter: string, facts: SpecifierFacts): string | undefined {
  switch (letter) {
    case '%':
      return '%';
    case 'H':
      return facts.hostname;
    case 'l':
      return facts.hostname.split('.')[0] ?? '';
    case 'm':
      return facts.machineId;
    case 'b':
      return facts.bootId;
    case 'u':
    case 'g':
      return 'root';
    case 'U':
    case 'G':
      return '0';
    case 's':
      return '/bin/sh';
    default:
      return undefined;
  }
}

const folders: ReadonlyMap<string, string> = new Map([
  ['t', '/run'],
  ['S', '/var/lib'],
  ['C', '/var/cache'],
  ['L', '/var/log'],
  ['E', '/etc'],
  ['T', '/tmp'],
  ['V', '/var/tmp'],
  ['h', '/root'],
]);

function folderSpecifier(letter: string, facts: SpecifierFacts): string | undefined {
  const folder = folders.get(letter);
  return folder === undefined ? undefined : `${facts.folderPrefix}${folder}`;
}
