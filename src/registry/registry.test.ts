// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { memoryKv } from '../etcd/testing.js';
import { openRegistry } from './registry.js';
import { emptySnapshot } from './snapshot.js';

function open() {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  return openRegistry({ kv, clock, log: silentLog });
}

test('an order to more machines than fit in a transaction returns a revision that none of them is older than', async () => {
  const registry = open();
  const names = Array.from({ length: 300 }, (_, index) => `m-${index}`);
  const order = await registry.machines.order(names, 'on', 1);
  const { orders } = await registry.snapshot();
  expect(orders.size).toBe(300);
  expect(Math.min(...[...orders.values()].map(({ modRevision }) => modRevision))).toBe(order);
});

test('a cluster file with more user-data files than fit in a transaction is written, replaced and cleaned up', async () => {
  const registry = open();
  const files = (mark: string) =>
    new Map(Array.from({ length: 300 }, (_, index) => [`u-${index}`, `${mark} ${index}`]));
  const first = { text: 'machines: 1', userData: files('first') };
  expect(await registry.clusterFile.write(first, emptySnapshot.clusterFile)).toBe(true);
  const before = await registry.snapshot();
  expect(before.clusterFile).toMatchObject(first);
  expect(
    await registry.clusterFile.write({ ...first, userData: files('lost') }, emptySnapshot.clusterFile),
  ).toBe(false);
  expect((await registry.snapshot()).clusterFile.userData).toEqual(first.userData);
  const second = { text: 'machines: 2', userData: new Map([['only', 'one']]) };
  expect(await registry.clusterFile.write(second, before.clusterFile)).toBe(true);
  const after = await registry.snapshot();
  expect(after.clusterFile).toMatchObject(second);
  expect([...after.userDataTexts.values()].filter((text) => text.startsWith('first'))).toEqual([]);
});
