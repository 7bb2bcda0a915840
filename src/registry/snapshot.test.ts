// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { machineId } from '../model/index.js';
import { keys, meaningOf, registryRange } from './keys.js';
import { renderMachine } from './records.js';
import { emptySnapshot, foldChanges } from './snapshot.js';

const id = machineId('e73c8f105d0b49daa1702e3e42565862');
const machine = { id, publicIp: '172.17.8.101', metadata: { rack: 'a' }, version: '0.1.0' };

test('keys and their meaning are each other’s reverse, within the range', () => {
  const all = [
    keys.machineObject(id),
    keys.node(id),
    keys.machineOrder('a'),
    keys.machineLife('a'),
    keys.machineBoot('a'),
    keys.userData('ab12'),
    keys.userDataIndex,
    keys.clusterFile,
    keys.engineLeader,
    keys.engineVersion,
  ];
  expect(all.map((key) => meaningOf(key))).toEqual([
    { kind: 'machine', id },
    { kind: 'node', id },
    { kind: 'order', name: 'a' },
    { kind: 'life', name: 'a' },
    { kind: 'boot', name: 'a' },
    { kind: 'user-data', hash: 'ab12' },
    { kind: 'user-data-index' },
    { kind: 'cluster-file' },
    { kind: 'engine-leader' },
    { kind: 'engine-version' },
  ]);
  for (const key of all) expect(key >= registryRange.first && key < registryRange.end, key).toBe(true);
  expect(meaningOf('/_coreos.com/fleet/machines/a/b/object')).toEqual({ kind: 'other' });
  expect(meaningOf('/_muster/machines/a/else')).toEqual({ kind: 'other' });
});

test('the machine object is the article’s', () => {
  expect(JSON.parse(renderMachine({ ...machine, metadata: {} }))).toEqual({
    ID: 'e73c8f105d0b49daa1702e3e42565862',
    PublicIP: '172.17.8.101',
    Metadata: {},
    Version: '0.1.0',
  });
});

test('a change folds in, what did not change is shared, what is gone is gone', () => {
  const put = foldChanges(emptySnapshot, 5, [
    { key: keys.machineObject(id), value: renderMachine(machine), modRevision: 5 },
    { key: keys.machineOrder('a'), value: '{"want":"on","at":1}', modRevision: 5 },
  ]);
  expect(put.machines.get(id)).toEqual(machine);
  expect(put.orders.get('a')).toEqual({ want: 'on', at: 1, modRevision: 5 });
  const removed = foldChanges(put, 6, [{ key: keys.machineObject(id), value: undefined, modRevision: 6 }]);
  expect(removed.machines.size).toBe(0);
  expect(removed.orders).toBe(put.orders);
  expect(put.machines.size).toBe(1);
});

test.each([
  ['not JSON', '{'],
  ['another shape', '{"want":"fly","at":1}'],
  ['nothing', ''],
])('a value that is no record counts as no key: %s', (_name, value) => {
  const before = foldChanges(emptySnapshot, 1, [
    { key: keys.machineOrder('a'), value: '{"want":"on","at":1}', modRevision: 1 },
  ]);
  const after = foldChanges(before, 2, [{ key: keys.machineOrder('a'), value, modRevision: 2 }]);
  expect(after.orders.has('a')).toBe(false);
});

test('user-data is joined from its index and its texts, in whatever order they come', () => {
  const index = { key: keys.userDataIndex, value: '{"a":"h1","b/c":"h1"}', modRevision: 2 };
  const text = { key: keys.userData('h1'), value: 'text', modRevision: 1 };
  for (const changes of [
    [index, text],
    [text, index],
  ]) {
    const { clusterFile } = foldChanges(emptySnapshot, 2, changes);
    expect([...clusterFile.userData]).toEqual([
      ['a', 'text'],
      ['b/c', 'text'],
    ]);
  }
  const first = foldChanges(emptySnapshot, 2, [index, text]);
  expect(foldChanges(first, 3, []).clusterFile.userData).toBe(first.clusterFile.userData);
});

test('a machine object under a foreign ID does not count', () => {
  const other = machineId('f'.repeat(32));
  const change = { key: keys.machineObject(other), value: renderMachine(machine), modRevision: 1 };
  expect(foldChanges(emptySnapshot, 1, [change]).machines.size).toBe(0);
});
