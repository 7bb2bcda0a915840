// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock, memoryFiles } from '../effects/testing.js';
import type { ScheduleEntry } from '../registry/index.js';
import { openScheduledUnits } from './scheduled-units.js';
import { recordedSupervisor } from './testing.js';

const texts: Readonly<Record<string, string>> = { one: '[Service]\nExecStart=/one\n', two: '[Service]\n' };
const entry = (part: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  hash: 'one',
  state: 'launched',
  restart: 0,
  ...part,
});

function openNode() {
  const files = memoryFiles();
  const recorded = recordedSupervisor();
  const deps = {
    clock: manualClock(),
    files,
    log: silentLog,
    supervisor: recorded.supervisor,
    root: '/node',
  };
  const units = openScheduledUnits(deps);
  const turn = { seen: 0 };
  return {
    ...recorded,
    files,
    units,
    async take(entries: Readonly<Record<string, ScheduleEntry>>) {
      units.take(new Map(Object.entries(entries)), async (hash) => texts[hash]);
      for (let round = 0; round < 8; round += 1) await new Promise((resolve) => setImmediate(resolve));
      const said = recorded.said.slice(turn.seen);
      turn.seen = recorded.said.length;
      return said;
    },
  };
}

const path = '/node/run/systemd/system/a.service';

test('load, start, stop, restart, another text, away', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  const { take } = node;
  expect(await take({ 'a.service': entry({ state: 'loaded' }) })).toEqual(['reload']);
  expect(await node.files.readText(path)).toBe(texts['one']);
  expect(await take({ 'a.service': entry() })).toEqual(['start a.service']);
  expect(await take({ 'a.service': entry() })).toEqual([]);
  expect(await take({ 'a.service': entry({ restart: 7 }) })).toEqual(['restart a.service']);
  expect(await take({ 'a.service': entry({ restart: 7, hash: 'two' }) })).toEqual([
    'stop a.service',
    'reload',
    'start a.service',
  ]);
  expect(await take({})).toEqual(['stop a.service', 'reload']);
  expect(await node.files.readText(path)).toBeUndefined();
  expect(node.units.names().size).toBe(0);
});

test('a unit that the node has already is left alone', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  node.show({ name: 'a.service', load: 'loaded', active: 'active', sub: 'running' });
  expect(await node.take({ 'a.service': entry() })).toEqual([]);
  expect(await node.units.reports()).toMatchObject([
    { unit: 'a.service', isLaunched: false, state: { load: 'error', active: 'failed' } },
  ]);
  expect(await node.take({})).toEqual([]);
});
