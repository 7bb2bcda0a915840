// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planStarts } from './start-order.js';

function plan(...units: readonly (readonly [string, string, string])[]) {
  const split = (text: string) => text.split(' ').filter((name) => name !== '');
  const planned = planStarts(
    units.map(([name, after, before]) => ({ name, after: split(after), before: split(before) })),
  );
  return Object.fromEntries(planned);
}

test('after and before are the same seen from both sides', () => {
  expect(plan(['a', '', 'b'], ['b', '', ''], ['c', 'b a', ''])).toEqual({ a: [], b: ['a'], c: ['b', 'a'] });
});

test('units that are not there, and the unit itself, are no reason to wait', () => {
  expect(plan(['a', 'x a', 'y a'])).toEqual({ a: [] });
});

test('a cycle is cut where it closes', () => {
  expect(plan(['a', 'b', ''], ['b', 'c', ''], ['c', 'a', ''])).toEqual({ a: ['b'], b: ['c'], c: [] });
});

test('there is always an order in which all can start', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const some = fc.subarray(names);
  const units = fc.tuple(
    ...names.map((name) => fc.record({ name: fc.constant(name), after: some, before: some })),
  );
  fc.assert(
    fc.property(units, (all) => {
      const planned = planStarts(all);
      const started = new Set<string>();
      for (const _round of names) {
        for (const [name, waits] of planned)
          if (waits.every((other) => started.has(other))) started.add(name);
      }
      expect(started.size).toBe(names.length);
    }),
  );
});
