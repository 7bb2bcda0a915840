// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { expandSpecifiers } from './specifiers.js';
import { findTimeSpan } from './time-span.js';
import { fileNamesOf, findUnitName, unescapeUnitName, unitName } from './unit-name.js';

describe('names', () => {
  test.each([
    ['a.service', 'a', undefined, 'service'],
    ['a', 'a', undefined, 'service'],
    ['a.b', 'a.b', undefined, 'service'],
    ['a@b.service', 'a', 'b', 'service'],
    ['a@.timer', 'a', '', 'timer'],
    ['a@b@c.d.service', 'a', 'b@c.d', 'service'],
    [String.raw`dev-x\x2dy.mount`, String.raw`dev-x\x2dy`, undefined, 'mount'],
  ])('%s', (text, prefix, instance, type) => {
    expect(findUnitName(text)).toMatchObject({ prefix, instance, type });
  });

  test.each([
    '',
    '.service',
    '@a.service',
    'a/b.service',
    '../a.service',
    'a b',
    'ä.service',
    'a'.repeat(256),
  ])('%j is none', (text) => {
    expect(findUnitName(text)).toBeUndefined();
    expect(() => unitName(text)).toThrow('is not a unit name');
  });

  test('an instance falls back to its template', () => {
    expect(fileNamesOf(unitName('a@b.service'))).toEqual(['a@b.service', 'a@.service']);
    expect(fileNamesOf(unitName('a.service'))).toEqual(['a.service']);
  });

  test('escapes are undone', () => {
    expect(unescapeUnitName(String.raw`var-lib\x2dx-\xc3\xa9`)).toBe('var/lib-x/é');
  });
});

describe('specifiers', () => {
  const facts = {
    machineId: 'abc',
    bootId: 'b007',
    hostname: 'core-01.example.com',
    folderPrefix: '/srv/node',
  };
  const unit = unitName(String.raw`web-app@one\x2dtwo-x.service`);

  test.each([
    ['%n', String.raw`web-app@one\x2dtwo-x.service`],
    ['%N', String.raw`web-app@one\x2dtwo-x`],
    ['%p %j', 'web-app app'],
    ['%i', String.raw`one\x2dtwo-x`],
    ['%I %f', 'one-two/x /one-two/x'],
    ['%P', 'web/app'],
    ['%H %l', 'core-01.example.com core-01'],
    ['%m %b', 'abc b007'],
    ['%t/x %S', '/srv/node/run/x /srv/node/var/lib'],
    ['100%% %%n', '100% %n'],
    ['%z %', '%z %'],
  ])('%s', (text, wanted) => {
    expect(expandSpecifiers(text, { ...facts, unit })).toBe(wanted);
  });
});

describe('time spans', () => {
  test.each([
    ['5', 5_000],
    ['0', 0],
    ['100ms', 100],
    ['1.5s', 1_500],
    ['5min 20s', 320_000],
    ['2 h', 7_200_000],
    ['1d2h', 93_600_000],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('%s', (text, ms) => {
    expect(findTimeSpan(text)).toBe(ms);
  });

  test.each(['', 'soon', '5 parsecs', '-1', '1e3', 's'])('%j is none', (text) => {
    expect(findTimeSpan(text)).toBeUndefined();
  });
});
