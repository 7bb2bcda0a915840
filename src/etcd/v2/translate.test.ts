// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type LeaseId, leaseId, revision } from '../../model/index.js';
import type { KeyValue, WatchEvent } from '../kv.js';
import { keyOf } from '../text.js';
import { entryKey, fileKey, recordKey } from './path.js';
import { encodeEntry, encodeRecord } from './record.js';
import { isTold, translate } from './translate.js';

const pair = (key: Uint8Array, value: Uint8Array, at: number, lease = 0n): KeyValue => ({
  key,
  value,
  createRevision: revision(at),
  modRevision: revision(at),
  version: 1,
  lease: leaseId(lease),
});
const put = (kv: KeyValue, prevKv?: KeyValue): WatchEvent => ({
  kind: 'put',
  kv,
  ...(prevKv === undefined ? {} : { prevKv }),
});
const gone = (prevKv: KeyValue): WatchEvent => ({
  kind: 'delete',
  kv: pair(prevKv.key, new Uint8Array(0), 9),
  prevKv,
});
const never = (_lease: LeaseId) => false;
const directory = encodeRecord({ kind: 'directory', created: 2, expiresAt: 500, endsAt: 500 });
const file = (path: string, lease = 0n) => pair(fileKey(path), keyOf('v'), 3, lease);

test('a v2 write tells what it did, with the values of its file', () => {
  const entry = {
    action: 'compareAndSwap',
    key: '/a',
    isDirectory: false,
    created: 2,
    at: 7,
    isQuiet: false,
  } as const;
  const prev = { isDirectory: false, created: 2, modified: 3 };
  const events = [put(pair(fileKey('/a'), keyOf('new'), 9), file('/a'))];
  const told = translate(
    9,
    [...events, put(pair(keyOf(entryKey), encodeEntry({ ...entry, prev }), 9))],
    never,
    1_000,
  );
  expect(told).toEqual([
    {
      action: 'compareAndSwap',
      node: { key: '/a', isDirectory: false, value: 'new', modifiedIndex: 9, createdIndex: 2 },
      prevNode: { key: '/a', isDirectory: false, value: 'v', modifiedIndex: 3, createdIndex: 2 },
      at: 7,
    },
  ]);
  const quiet = put(pair(keyOf(entryKey), encodeEntry({ ...entry, isQuiet: true }), 9));
  expect(translate(9, [...events, quiet], never, 1_000)).toEqual([]);
});

test('what goes with a directory is told as the directory', () => {
  const events = [
    gone(file('/d/x', 7n)),
    gone(pair(recordKey('/d'), directory, 2, 7n)),
    gone(pair(recordKey('/d/x'), encodeRecord({ kind: 'file' }), 3, 7n)),
  ];
  expect(translate(9, events, never, 400)).toEqual([
    {
      action: 'expire',
      node: { key: '/d', isDirectory: true, modifiedIndex: 9, createdIndex: 2 },
      prevNode: { key: '/d', isDirectory: true, modifiedIndex: 2, createdIndex: 2, expiresAt: 500 },
      at: 500,
    },
  ]);
});

test('a v3 delete is an expiry only where the lease has ended', () => {
  const actions = (lease: bigint, isGone: boolean) =>
    translate(9, [gone(file('/a', lease))], () => isGone, 0).map(({ action }) => action);
  expect([actions(0n, true), actions(7n, false), actions(7n, true)]).toEqual([
    ['delete'],
    ['delete'],
    ['expire'],
  ]);
});

test('keys that are no paths are told to nobody', () => {
  expect(translate(9, [put(pair(keyOf('plain'), keyOf('v'), 9)), put(file('/a/'))], never, 0)).toEqual([]);
});

test('who is told', () => {
  const at = (key: string, action: 'set' | 'delete' = 'set') => ({
    action,
    node: { key, isDirectory: true, modifiedIndex: 1, createdIndex: 1 },
    prevNode: { key, isDirectory: true, modifiedIndex: 1, createdIndex: 1 },
    at: 0,
  });
  expect(isTold(at('/a/b'), '/a', false)).toBe(false);
  expect(isTold(at('/a/b'), '/a', true)).toBe(true);
  expect(isTold(at('/a/_b'), '/a', true)).toBe(false);
  expect(isTold(at('/a/_b/c'), '/a/_b', true)).toBe(true);
  expect(isTold(at('/a'), '/a/b', false)).toBe(false);
  expect(isTold(at('/a', 'delete'), '/a/b', false)).toBe(true);
  expect(isTold(at('/a', 'delete'), '/ab', false)).toBe(false);
});
