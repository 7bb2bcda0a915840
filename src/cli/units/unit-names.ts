// SPDX-License-Identifier: Apache-2.0

import type { UnitTable } from '../../registry/index.js';
import { findUnitName, parseFleetOptions, parseGlob, parseUnitFile } from '../../units/index.js';
import { fail } from '../errors.js';

/** `web@{1..3}.service` is three names. */
export function spreadName(text: string): readonly string[] {
  const [, before = '', first, last, after = ''] = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return [text];
  const count = Math.min(1_000, Math.max(0, Number(last) - Number(first) + 1));
  return Array.from({ length: count }, (_, index) => `${before}${Number(first) + index}${after}`);
}

/** Names that are there; globs stand for all that they fit. @throws `cli/unknown-unit` */
export function knownNames(table: UnitTable, texts: readonly string[]): readonly string[] {
  return texts.flatMap(spreadName).flatMap((text) => {
    if (/[*?[]/.test(text)) {
      const glob = parseGlob(text);
      return submittedNames(table).filter((name) => glob?.(name));
    }
    const name = findUnitName(text)?.full ?? text;
    if (table.jobs.get(name)?.object === undefined) throw fail('cli/unknown-unit', { unit: name });
    return [name];
  });
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
