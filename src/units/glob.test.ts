// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseGlob } from './glob.js';

/** As Go's own table has them (path/match_test.go). */
test.each([
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', 'z', false],
  ['a?b', 'a/b', false],
  ['*x', 'xxx', true],
  ['web@*.service', 'web@1.service', true],
])('%s against %s: %s', (pattern, name, isMatch) => {
  expect(parseGlob(pattern)?.(name)).toBe(isMatch);
});

test('many stars take no longer than few', () => {
  const many = `${'*a'.repeat(100)}b`;
  expect(parseGlob(many)?.('a'.repeat(250))).toBe(false);
  expect(parseGlob(many)?.(`${'a'.repeat(250)}b`)).toBe(true);
});

test.each(['[]a]', '[-]', '[x-]', '[-x]', '[', '[^', '[^bc', 'a[', '\\'])('%s is malformed', (pattern) => {
  expect(parseGlob(pattern)).toBeUndefined();
});
