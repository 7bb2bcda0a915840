// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeStatusText, encodeStatusText, parseTimeout, renderTimeout } from './header-text.js';

it('carries any text through a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const value = encodeStatusText(text);
      expect(value).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeStatusText(value)).toBe(text);
    }),
  );
});

it.each([
  ['plain text: ok', 'plain text: ok'],
  ['100 %', '100 %25'],
  ['a\nb', 'a%0Ab'],
  ['ü', '%C3%BC'],
])('encodes "%s"', (text, value) => expect(encodeStatusText(text)).toBe(value));

it.each([
  ['%', '%'],
  ['%zz', '%zz'],
  ['50%2', '50%2'],
  ['%41', 'A'],
  ['ü%41', 'üA'],
])('keeps what is wrongly encoded: "%s"', (value, text) => expect(decodeStatusText(value)).toBe(text));

it.each([
  ['5S', 5_000],
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['100m', 100],
  ['4999912u', 5_000],
  ['1n', 1],
  ['0m', 0],
  ['', undefined],
  ['5', undefined],
  ['5s', undefined],
  ['123456789m', undefined],
  ['-1S', undefined],
])('reads the timeout "%s" as %s ms', (value, ms) => expect(parseTimeout(value)).toBe(ms));

it.each([1, 5_000, 99_999_999, 100_000_000, 2_147_483_647])('writes %i ms so that it is read back', (ms) => {
  expect(parseTimeout(renderTimeout(ms))).toBeGreaterThanOrEqual(ms);
});
