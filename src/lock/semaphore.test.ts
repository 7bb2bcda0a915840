// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOfKey, parseSemaphore, renderSemaphore, semaphoreKeyOf } from './semaphore.js';

const folder = '/coreos.com/updateengine/rebootlock';

describe('the key of a group', () => {
  test.each([
    ['', `${folder}/semaphore`],
    ['prod/db', `${folder}/groups/prod%2Fdb/semaphore`],
    ['a b', `${folder}/groups/a+b/semaphore`],
    ["it's (1)!*", `${folder}/groups/it%27s+%281%29%21%2A/semaphore`],
    ['ä~._-', `${folder}/groups/%C3%A4~._-/semaphore`],
  ])('%j', (group, key) => {
    expect(semaphoreKeyOf(group)).toBe(key);
    expect(groupOfKey(key)).toBe(group);
  });
  test('any group comes back from its key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (group) => {
        expect(groupOfKey(semaphoreKeyOf(group))).toBe(group);
      }),
    );
  });
  test.each([
    '/other',
    `${folder}/groups//semaphore`,
    `${folder}/groups/%zz/semaphore`,
    `${folder}/groups/a`,
  ])('%s is none', (key) => expect(groupOfKey(key)).toBeUndefined());
});

describe('the value', () => {
  test.each([
    '{"semaphore":1,"max":1,"holders":null}',
    '{"semaphore":1,"max":1,"holders":[]}',
    '{"semaphore":-1,"max":1,"holders":["a","b"]}',
    '{"semaphore":-3,"max":-3,"holders":null}',
  ])('%s stays as it is', (text) => expect(renderSemaphore(parseSemaphore('', text))).toBe(text));
  test.each([
    '',
    '{}',
    '[]',
    '{"semaphore":"1","max":1,"holders":[]}',
    '{"semaphore":1,"max":1,"holders":[1]}',
  ])('%s is refused', (text) =>
    expect(() => parseSemaphore('g', text)).toThrow(
      expect.objectContaining({ code: 'lock/damaged-semaphore', message: expect.stringContaining('/g/') }),
    ),
  );
});
