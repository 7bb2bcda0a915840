// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { countLost } from './history.js';

test('lost is what was acknowledged and is not there; what was only sent may be there or not', () => {
  const histories = [
    { acknowledged: [1, 2, 4], sent: 5 },
    { acknowledged: [1], sent: 1 },
  ];
  expect(countLost(histories, [new Set([1, 2, 4]), new Set([1])])).toBe(0);
  expect(countLost(histories, [new Set([1, 2, 3, 4, 5]), new Set([1])])).toBe(0);
  expect(countLost(histories, [new Set([1, 4]), new Set()])).toBe(2);
  expect(countLost(histories, [])).toBe(4);
});
