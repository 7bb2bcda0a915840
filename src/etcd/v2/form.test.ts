// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseForm } from './form.js';
import { parseKeyRequest } from './key-request.js';

test('the first of a field counts, plus is a blank, escapes are undone', () => {
  const form = parseForm('a=1+2&a=3&b=%C3%A9%26&c&=&');
  const fields = 'kind' in form ? [] : [...form];
  expect(fields).toEqual([
    ['a', '1 2'],
    ['b', 'é&'],
    ['c', ''],
    ['', ''],
  ]);
});

test('a broken escape or a semicolon spoils the whole', () => {
  const causes = ['a=%zz', 'a=%4', '%=b', 'a=1;b'].map((text) => {
    const form = parseForm(text);
    return 'kind' in form ? form.cause : '';
  });
  expect(causes).toEqual([
    'invalid URL escape "%zz"',
    'invalid URL escape "%4"',
    'invalid URL escape "%"',
    'invalid semicolon separator in query',
  ]);
});

test('the checks come in order, and booleans are those of Go', () => {
  const parse = (fields: Record<string, string>, method = 'PUT') =>
    parseKeyRequest(method, '/a', new Map(Object.entries(fields)));
  const code = (fields: Record<string, string>) => {
    const parsed = parse(fields);
    return 'kind' in parsed ? parsed.code : undefined;
  };
  expect(code({ prevIndex: 'x', recursive: 'x' })).toBe(203);
  expect(code({ waitIndex: String(2n ** 64n) })).toBe(203);
  expect(code({ recursive: '', prevValue: '' })).toBe(209);
  expect(code({ prevValue: '', ttl: 'x' })).toBe(201);
  expect(code({ ttl: '1.5', refresh: 'true', value: 'x' })).toBe(202);
  expect(code({ refresh: 'true', value: 'x' })).toBe(211);
  expect(code({ refresh: 't' })).toBe(212);
  expect(parse({ recursive: 'T', dir: 'FALSE', ttl: '', prevExist: '0' })).toMatchObject({
    isRecursive: true,
    isDirectory: false,
    ttlSeconds: undefined,
    prevExist: false,
  });
});
