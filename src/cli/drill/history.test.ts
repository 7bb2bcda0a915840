// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { countLost, isFitting } from './history.js';

test.each([
  ['what was acknowledged', { atLeast: 3, atMost: 5, found: 3 }, true],
  ['what was sent meanwhile', { atLeast: 3, atMost: 5, found: 5 }, true],
  ['less than was acknowledged', { atLeast: 3, atMost: 5, found: 2 }, false],
  ['more than was ever sent', { atLeast: 3, atMost: 5, found: 6 }, false],
  ['nothing where something was acknowledged', { atLeast: 1, atMost: 1, found: 0 }, false],
])('a read that finds %s', (_, read, isRight) => {
  expect(isFitting({ key: 'k', ...read })).toBe(isRight);
});

test('lost writes are those above what is there', () => {
  const histories = new Map([
    ['a', { acknowledged: 5, sent: 6 }],
    ['b', { acknowledged: 2, sent: 2 }],
    ['c', { acknowledged: 3, sent: 4 }],
  ]);
  expect(
    countLost(
      histories,
      new Map([
        ['a', 6],
        ['b', 2],
        ['c', 3],
      ]),
    ),
  ).toBe(0);
  expect(
    countLost(
      histories,
      new Map([
        ['a', 3],
        ['b', 2],
      ]),
    ),
  ).toBe(5);
});
