// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { freeBytesFor } from './free-space.js';

test('what is kept back for root is free for root alone', () => {
  const disk = { bfree: 50, bavail: 0, bsize: 4096 };
  expect(freeBytesFor(0, disk)).toBe(50 * 4096);
  expect(freeBytesFor(1000, disk)).toBe(0);
  expect(freeBytesFor(undefined, disk)).toBe(0);
});
