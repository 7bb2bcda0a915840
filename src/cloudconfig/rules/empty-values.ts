// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../../spec/index.js';
import { problem } from '../rule.js';

/** Keys without a value, wherever they stand: nobody writes a key in order to say nothing. */
export function checkEmptyValues(value: unknown): readonly DataProblem[] {
  return holdsEmpty(value) ? emptyBelow(value, []) : [];
}

function holdsEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return Object.values(value).some(holdsEmpty);
}

function emptyBelow(value: unknown, path: DataPath): readonly DataProblem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => emptyBelow(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, key];
    if (item !== undefined) return emptyBelow(item, at);
    const told = [`the key ${quoteValue(key)} has no value`, 'write its value, or take the key out'] as const;
    return [problem('empty-value', 'warning', at, told, { at: 'key' })];
  });
}
