// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyOf, prefixRange, textOf } from './text.js';

it('gives text back', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => textOf(keyOf(text)) === text));
});

it('covers exactly the keys with the prefix', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      (prefix, other) => {
        const { key, rangeEnd } = prefixRange(prefix);
        const isIn = (bytes: Uint8Array) =>
          Buffer.compare(bytes, key) >= 0 && Buffer.compare(bytes, rangeEnd) < 0;
        expect(isIn(keyOf(prefix + other))).toBe(true);
        const bytes = Buffer.from(keyOf(other));
        expect(isIn(bytes)).toBe(bytes.subarray(0, key.length).equals(key));
      },
    ),
  );
});

it('covers everything with the empty prefix', () => {
  expect(prefixRange('')).toEqual({ key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) });
});
