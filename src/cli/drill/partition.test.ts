// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { cutsOf, parseSides, planPartition, renderPartition, type SideKind } from './partition.js';

const three = ['a', 'b', 'c'];
const five = ['a', 'b', 'c', 'd', 'e'];

test.each<[SideKind, readonly string[], number, string]>([
  ['leader', three, 1, 'b / a, c'],
  ['leader', five, 2, 'b, a / c, d, e'],
  ['leader', three, 2, 'b, a / c'],
  ['followers', three, 1, 'a / b, c'],
  ['followers', five, 2, 'a, c / b, d, e'],
  ['split', three, 1, 'a / b / c'],
  ['split', five, 1, 'a, b / c, d / e'],
  ['split', ['a', 'b', 'c', 'd'], 1, 'a, b / c, d'],
  ['one-way', three, 1, 'b unheard by a, c'],
])('%s of %j, %i at once', (kind, names, width, expected) => {
  const partition = planPartition(kind, names, 'b', width);
  expect(renderPartition(partition)).toBe(expected);
  expect(partition.sides.flat().toSorted()).toEqual(names);
});

test('no side of a split has a majority', () => {
  for (let size = 2; size <= 9; size += 1) {
    const names = Array.from({ length: size }, (_, index) => `m${index}`);
    const { sides } = planPartition('split', names, 'm0', 1);
    expect(Math.max(...sides.map((side) => side.length))).toBeLessThanOrEqual(size / 2);
  }
});

test('all that goes between two sides is cut, or only what the first one says', () => {
  const sides = [['a'], ['b', 'c']];
  const there = { from: ['a'], to: ['b', 'c'] };
  expect(cutsOf({ sides, isOneWay: true })).toEqual([there]);
  expect(cutsOf({ sides, isOneWay: false })).toEqual([there, { from: ['b', 'c'], to: ['a'] }]);
});

describe('named by hand', () => {
  test('the control process may be on a side', () => {
    expect(parseSides('a, control/b,c', three).sides).toEqual([
      ['a', 'control'],
      ['b', 'c'],
    ]);
  });

  test.each([
    ['a/x', '"x" is no member'],
    ['a/b,a', '"a" is on two sides'],
    ['a,b', 'one side is no partition'],
    ['', '"" is no member'],
  ])('"%s" is refused: %s', (text, problem) => {
    expect(() => parseSides(text, three)).toThrow(problem);
  });
});
