// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { cleanKey, listKeys } from './key-tree.js';

const keys = [
  '/_coreos.com/fleet/engine/version',
  '/_coreos.com/fleet/machines/abc/object',
  '/app',
  '/app/a',
  '/app/_secret/b',
  '/coreos.com/updateengine/rebootlock/semaphore',
];

function lines(directory: string, isRecursive = true) {
  return listKeys(keys, directory, { isRecursive }).map(({ key }) => key);
}

test('the listing of the article', () => {
  expect(lines('/')).toEqual([
    '/app',
    '/app/a',
    '/coreos.com',
    '/coreos.com/updateengine',
    '/coreos.com/updateengine/rebootlock',
    '/coreos.com/updateengine/rebootlock/semaphore',
  ]);
});

test('hidden names are listed once they are named', () => {
  expect(lines('/_coreos.com')).toEqual([
    '/_coreos.com/fleet',
    '/_coreos.com/fleet/engine',
    '/_coreos.com/fleet/engine/version',
    '/_coreos.com/fleet/machines',
    '/_coreos.com/fleet/machines/abc',
    '/_coreos.com/fleet/machines/abc/object',
  ]);
  expect(lines('/app/_secret')).toEqual(['/app/_secret/b']);
});

test('one level, with directories told from keys', () => {
  expect(listKeys(keys, '/coreos.com', { isRecursive: false })).toEqual([
    { key: '/coreos.com/updateengine', kind: 'directory' },
  ]);
  expect(listKeys(['/a/b'], '/a', { isRecursive: false })).toEqual([{ key: '/a/b', kind: 'key' }]);
  expect(listKeys(['/a', '/a/b'], '/', { isRecursive: false })).toEqual([{ key: '/a', kind: 'directory' }]);
});

test('a directory comes right before what is in it', () => {
  expect(listKeys(['/a/b', '/a-x', '/a'], '/', { isRecursive: true }).map(({ key }) => key)).toEqual([
    '/a',
    '/a/b',
    '/a-x',
  ]);
});

test('paths are cleaned', () => {
  expect([cleanKey('a//b/'), cleanKey('/'), cleanKey('')]).toEqual(['/a/b', '/', '/']);
});
