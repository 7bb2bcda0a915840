// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRange } from './byte-range.js';

test.each([
  [null, { kind: 'whole' }],
  ['bytes=0-', { kind: 'part', start: 0, end: 10 }],
  ['bytes=2-3', { kind: 'part', start: 2, end: 4 }],
  ['bytes=2-99', { kind: 'part', start: 2, end: 10 }],
  ['bytes=-3', { kind: 'part', start: 7, end: 10 }],
  ['bytes=-99', { kind: 'part', start: 0, end: 10 }],
  ['bytes=-0', { kind: 'unfit' }],
  ['bytes=10-', { kind: 'unfit' }],
  ['bytes=5-2', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['bytes=0-1,3-4', { kind: 'whole' }],
  ['lines=1-2', { kind: 'whole' }],
  ['bytes=0x1-2', { kind: 'whole' }],
  [`bytes=${'9'.repeat(16)}-`, { kind: 'whole' }],
])('the range %s of ten bytes', (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

test('any header gives bytes that are there', () => {
  const header = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9]{0,18}-[0-9]{0,18}$/));
  fc.assert(
    fc.property(header, fc.nat(), (text, size) => {
      const range = parseRange(text, size);
      if (range.kind !== 'part') return;
      expect(range.start).toBeLessThan(range.end);
      expect(range.end).toBeLessThanOrEqual(size);
    }),
  );
});
