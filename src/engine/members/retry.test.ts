// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { failuresAfter, retryAfterMs, settled } from './retry.js';

test.each([
  [0, 0],
  [1, 2_000],
  [2, 4_000],
  [5, 32_000],
  [6, 60_000],
  [99, 60_000],
])('after %i tries in vain: %i ms', (failures, ms) => {
  expect(retryAfterMs(failures)).toBe(ms);
});

test('a place counts as one more try until its member serves', () => {
  const place = { nonce: 'n', memberId: 'b3', at: 1, failures: 2 };
  expect(failuresAfter(undefined)).toBe(0);
  expect(failuresAfter(place)).toBe(3);
  expect(failuresAfter(settled(place))).toBe(0);
});
