// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedMap } from './sorted-map.js';

const keys = fc.string({ unit: fc.constantFrom('\0', 'a', 'b', '\x7f', '\xff'), maxLength: 3 });

function entries(map: ReturnType<typeof sortedMap<number>>, from = '', to?: string) {
  const found: [string, number][] = [];
  map.scan(from, to, (key, value) => found.push([key, value]) > 0);
  return found;
}

function ordered(oracle: ReadonlyMap<string, number>) {
  return [...oracle].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('does what a Map does, in order', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete', 'get'), keys, fc.integer());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), keys, keys, (steps, from, to) => {
      const map = sortedMap<number>();
      const oracle = new Map<string, number>();
      for (const [kind, key, value] of steps) {
        if (kind === 'set') {
          map.set(key, value);
          oracle.set(key, value);
        } else if (kind === 'delete') expect(map.delete(key)).toBe(oracle.delete(key));
        else expect(map.get(key)).toBe(oracle.get(key));
      }
      expect(map.size()).toBe(oracle.size);
      expect(entries(map)).toEqual(ordered(oracle));
      const within = ordered(oracle).filter(([key]) => key >= from && key < to);
      expect(entries(map, from, to)).toEqual(within);
    }),
  );
});

test('many keys, in order and against it, through many chunks', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => String(n).padStart(5, '0'));
  for (const order of [names, names.toReversed(), names.toSorted((a, b) => hash(a) - hash(b))]) {
    const map = sortedMap<number>();
    for (const name of order) map.set(name, Number(name));
    expect(entries(map).map(([key]) => key)).toEqual(names);
    expect(map.get('02500')).toBe(2_500);
    for (const name of order) if (Number(name) % 3 > 0) map.delete(name);
    expect(entries(map, '00100', '00110').map(([, value]) => value)).toEqual([102, 105, 108]);
    expect(map.size()).toBe(1_667);
  }
});

test('begun with entries it is as if each had been set', () => {
  const names = Array.from({ length: 2_000 }, (_, n) => String((n * 7_919) % 10_007));
  const map = sortedMap(new Map(names.map((name, at) => [name, at])));
  expect(map.size()).toBe(2_000);
  expect(entries(map).map(([key]) => key)).toEqual(names.toSorted());
  expect(names.every((name, at) => map.get(name) === at)).toBe(true);
  map.set('5000x', 1);
  expect(map.delete(names[7] ?? '')).toBe(true);
  expect(map.size()).toBe(2_000);
});

test('a scan ends when told', () => {
  const map = sortedMap<number>();
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  const seen: string[] = [];
  map.scan('', undefined, (key) => seen.push(key) < 2);
  expect(seen).toEqual(['a', 'b']);
});

function hash(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 9_973, 7);
}
