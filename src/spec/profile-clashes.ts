// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from './check-data.js';
import { valueAt } from './data-edit.js';
import { findMac, findUuid } from './text-format.js';

/** Profiles of one name, and profiles of one selector: of two that fit alike nobody could say which counts. */
export function findProfileClashes(data: unknown): readonly DataProblem[] {
  const profiles = valueAt(data, ['profiles']);
  if (!Array.isArray(profiles)) return [];
  const names = new Map<string, number>();
  const selectors = new Map<string, number>();
  return profiles.flatMap((profile, index): readonly DataProblem[] => {
    const name = valueAt(profile, ['name']);
    const sameName = typeof name === 'string' ? claim(names, name, index) : undefined;
    const sameSelector = claim(selectors, selectorText(valueAt(profile, ['selector'])), index);
    return [
      ...(sameName === undefined
        ? []
        : [
            clash(
              ['profiles', index, 'name'],
              `the name "${name}" is also that of profiles[${sameName}]`,
              'give each profile its own name',
            ),
          ]),
      ...(sameSelector === undefined
        ? []
        : [
            clash(
              ['profiles', index, 'selector'],
              `profiles[${sameSelector}] has the same selector`,
              'only one of them can count: write another label, or take one out',
            ),
          ]),
    ];
  });
}

function clash(path: DataProblem['path'], message: string, hint: string): DataProblem {
  return { severity: 'error', path, at: 'value', message, hint };
}

/** Who has it already; else it is theirs from now on. */
function claim(owners: Map<string, number>, value: string, index: number): number | undefined {
  const owner = owners.get(value);
  if (owner === undefined) owners.set(value, index);
  return owner;
}

function selectorText(selector: unknown): string {
  if (typeof selector !== 'object' || selector === null) return '';
  const pairs = Object.entries(selector).map(([key, value]) => {
    const text = String(value).trim();
    const mark = key === 'mac' ? findMac(text) : key === 'uuid' ? findUuid(text) : undefined;
    return `${key}=${mark ?? text}`;
  });
  return pairs.sort().join(',');
}
