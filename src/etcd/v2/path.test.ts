// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyOf } from '../text.js';
import { cleanPath, findPlace, isHiddenFrom, isInside, pathsDownTo, recordKey } from './path.js';

test('paths are cleaned as Go does it', () => {
  expect(['', '/', '//a//b/', '/a/./b/../c', '/../a', 'a'].map(cleanPath)).toEqual([
    '/',
    '/',
    '/a/b',
    '/a/c',
    '/a',
    '/a',
  ]);
});

test('cleaning twice changes nothing', () => {
  const text = fc.array(fc.constantFrom('a', '.', '..', '/', '_b')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (one) => {
      expect(cleanPath(cleanPath(one))).toBe(cleanPath(one));
    }),
  );
});

test('a path and those above it', () => {
  expect(pathsDownTo('/a/b/c')).toEqual(['/a', '/a/b', '/a/b/c']);
  expect(pathsDownTo('/')).toEqual([]);
});

test('inside, hidden', () => {
  expect([isInside('/ab', '/a'), isInside('/a/b', '/a'), isInside('/a', '/'), isInside('/a', '/a')]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect([
    isHiddenFrom('/', '/a/_b/c'),
    isHiddenFrom('/a/_b', '/a/_b/c'),
    isHiddenFrom('/_a', '/_a'),
  ]).toEqual([true, false, false]);
});

test('what keys are to the view', () => {
  const place = (text: string) => findPlace(keyOf(text));
  expect(place('/a/b')).toEqual({ kind: 'file', path: '/a/b' });
  expect(findPlace(recordKey('/a/b'))).toEqual({ kind: 'record', path: '/a/b' });
  expect(place('_muster.v2.entry')).toEqual({ kind: 'entry' });
  expect(['/', '/a/', '//a', '/a/../b', 'a', '_muster.v2', ''].map(place)).toEqual(Array(7).fill(undefined));
});
