// SPDX-License-Identifier: Apache-2.0

import type { UnitTable } from '../../registry/index.js';
import { findUnitName, parseFleetOptions, parseGlob, parseUnitFile } from '../../units/index.js';
import { fail } from '../errors.js';

const longestRange = 1_000;

/** `web@{1..3}.service` is three names. @throws `cli/usage` for a range that is none, or too long */
export function spreadName(text: string): readonly string[] {
  const [, before = '', first, last, after = ''] = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return [text];
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > longestRange) {
    const hint = `name 1 to ${longestRange} units, the lower number first`;
    throw fail('cli/usage', { problem: `"{${first}..${last}}" is no range of units`, hint });
  }
  return Array.from({ length: count }, (_, index) => `${before}${Number(first) + index}${after}`);
}

/** Names that are there; globs stand for all that they fit. @throws `cli/unknown-unit` */
export function knownNames(table: UnitTable, texts: readonly string[]): readonly string[] {
  return texts.flatMap(spreadName).flatMap((text) => {
    if (/[*?[]/.test(text)) {
      const glob = parseGlob(text);
      const found = submittedNames(table).filter((name) => glob?.(name));
      if (found.length === 0) throw fail('cli/unknown-unit', { unit: text });
      return found;
    }
    const name = findUnitName(text)?.full ?? text;
    if (table.jobs.get(name)?.object === undefined) throw fail('cli/unknown-unit', { unit: name });
    return [name];
  });
}

/** The one unit that is meant. @throws `cli/unknown-unit`, and `cli/usage` when there are several */
export function knownName(table: UnitTable, text: string): string {
  const [name, ...others] = knownNames(table, [text]);
  if (name !== undefined && others.length === 0) return name;
  throw fail('cli/usage', { problem: `"${text}" is more than one unit`, hint: 'name one of them' });
}

/** All units that are there, sorted. */
export function submittedNames(table: UnitTable): readonly string[] {
  return [...table.jobs].flatMap(([name, { object }]) => (object === undefined ? [] : [name])).sort();
}

/** What runs for a name: of a template with `Replicas` its instances; nothing of any other template. */
export function runningNames(table: UnitTable, name: string): readonly string[] {
  const parts = findUnitName(name);
  if (parts?.instance !== '') return [name];
  const hash = table.jobs.get(name)?.object?.hash ?? '';
  const { replicas = 0 } = parseFleetOptions(parts, parseUnitFile(table.texts.get(hash) ?? '').unit).options;
  return Array.from({ length: replicas }, (_, index) => `${parts.prefix}@${index + 1}.${parts.type}`);
}
