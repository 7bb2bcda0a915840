// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test, vi } from 'vitest';
import { integerOf } from './json-scalars.js';
import { JsonValues } from './json-values.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function integer(text: string, kind: 'int64' | 'uint64' = 'int64'): bigint | undefined {
  const [found] = [...new JsonValues().push(`[${text}]`)];
  if (found?.node.kind !== 'array' || found.node.items[0] === undefined) throw new Error('no value');
  return integerOf(found.node.items[0], kind);
}

test.each<[string, bigint | undefined]>([
  ['0', 0n],
  ['-0.0e9', 0n],
  ['1.0', 1n],
  ['10e-1', 1n],
  ['-1.25e2', -125n],
  ['0.05e2', 5n],
  ['0.5', undefined],
  ['5e-1', undefined],
  ['1e18', 10n ** 18n],
  ['1e19', undefined],
  ['-9223372036854775808', -(2n ** 63n)],
  ['9223372036854775808', undefined],
  [`0.${'0'.repeat(30)}7e31`, 7n],
])('%s is the integer %s', (text, expected) => {
  expect(integer(text)).toBe(expected);
  expect(integer(`"${text}"`)).toBe(expected);
});

test('the largest of 64 bits is read', () => {
  expect(integer('18446744073709551615', 'uint64')).toBe(2n ** 64n - 1n);
  expect(integer('18446744073709551616', 'uint64')).toBeUndefined();
});

test('a number of any length is refused by its length alone: reading its digits would take seconds', () => {
  const read = vi.spyOn(globalThis, 'BigInt');
  for (const text of ['9'.repeat(100_000), `${'9'.repeat(50_000)}.0e9`, `1${'0'.repeat(99_999)}e-5`]) {
    expect(integer(text)).toBeUndefined();
    expect(integer(`"${text}"`)).toBeUndefined();
  }
  expect(read).not.toHaveBeenCalled();
});
