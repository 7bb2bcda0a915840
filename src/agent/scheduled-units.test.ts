// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock, memoryFiles } from '../effects/testing.js';
import type { ScheduleEntry } from '../registry/index.js';
import { hashOfUnit } from '../units/index.js';
import { openScheduledUnits } from './scheduled-units.js';
import { recordedSupervisor } from './testing.js';

const one = '[Service]\nExecStart=/one\n';
const texts: Readonly<Record<string, string>> = {
  [hashOfUnit(one)]: one,
  two: '[Service]\n',
  elsewhere: `${one}\n[X-Fleet]\nGlobal=true\n`,
};
const entry = (part: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  hash: hashOfUnit(one),
  state: 'launched',
  restart: 0,
  ...part,
});

/** A second one on the files of a first is the next agent of the same boot. */
function openNode(files = memoryFiles(), answer?: (call: string) => Promise<void>) {
  const recorded = recordedSupervisor(answer);
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
      for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
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
  expect(await node.files.readText(path)).toBe(one);
  expect(await take({ 'a.service': entry() })).toEqual(['start a.service']);
  expect(await take({ 'a.service': entry() })).toEqual([]);
  expect(await take({ 'a.service': entry({ restart: 7 }) })).toEqual(['restart a.service']);
  expect(await take({ 'a.service': entry({ restart: 7, hash: 'two' }) })).toEqual([
    'stop a.service',
    'reload',
    'reset-failed a.service',
    'start a.service',
  ]);
  expect(await take({})).toEqual(['stop a.service', 'reload']);
  expect(await node.files.readText(path)).toBeUndefined();
  expect(node.units.names().size).toBe(0);
});

test('a text that differs in [X-Fleet] alone is written, and nothing is restarted', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  await node.take({ 'a.service': entry() });
  expect(await node.take({ 'a.service': entry({ hash: 'elsewhere' }) })).toEqual(['reload']);
  expect(await node.files.readText(path)).toBe(texts['elsewhere']);
  expect(await node.units.reports()).toMatchObject([{ isLaunched: true, state: { hash: 'elsewhere' } }]);
});

test('a text that cannot be had stops nothing', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  await node.take({ 'a.service': entry() });
  expect(await node.take({ 'a.service': entry({ hash: 'three' }) })).toEqual([]);
});

test('many units are written with one look of systemd at its files for all that come together', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  const names = Array.from({ length: 50 }, (_, index) => `u${index}.service`);
  const said = await node.take(Object.fromEntries(names.map((name) => [name, entry()])));
  expect(said.filter((one) => one === 'reload').length).toBeLessThan(5);
  expect(said.filter((one) => one.startsWith('start'))).toHaveLength(50);
});

test('a unit that cannot be run has failed, and goes when it is not wanted any more', async () => {
  const node = openNode(memoryFiles(), async (call) => {
    if (call.endsWith(' a.service')) throw new Error('it has no ExecStart=');
  });
  await node.files.makeFolder('/node');
  node.show({ name: 'a.service', load: 'error', active: 'inactive', sub: 'dead', reason: 'no ExecStart=' });
  expect(await node.take({ 'a.service': entry() })).toEqual(['reload', 'start a.service']);
  expect(await node.units.reports()).toMatchObject([{ state: { load: 'error', active: 'failed' } }]);
  expect(await node.take({})).toEqual(['stop a.service', 'reload']);
  expect(node.units.names().size).toBe(0);
});

test('one that will not stop is kept in sight', async () => {
  const node = openNode(memoryFiles(), async (call) => {
    if (call === 'stop a.service') throw new Error('it does not stop');
  });
  await node.files.makeFolder('/node');
  await node.take({ 'a.service': entry() });
  node.show({ name: 'a.service', load: 'loaded', active: 'active', sub: 'running' });
  expect(await node.take({})).toEqual(['stop a.service']);
  expect(await node.units.reports()).toMatchObject([{ unit: 'a.service', state: { active: 'active' } }]);
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

test('the next agent of the same boot takes over what runs, and touches nothing', async () => {
  const before = openNode();
  await before.files.makeFolder('/node');
  await before.take({ 'a.service': entry(), 'b.service': entry({ state: 'loaded' }) });
  const node = openNode(before.files);
  for (const name of ['a.service', 'b.service'])
    node.show({ name, load: 'loaded', active: 'inactive', sub: 'dead', isDone: true });
  expect(await node.take({ 'a.service': entry(), 'b.service': entry({ state: 'loaded' }) })).toEqual([]);
  expect(await node.units.reports()).toMatchObject([
    { unit: 'a.service', isLaunched: true, state: { load: 'loaded' } },
    { unit: 'b.service', isLaunched: false, state: { load: 'loaded' } },
  ]);
  const loaded = { 'b.service': entry({ state: 'loaded' }) };
  expect(await node.take({ ...loaded, 'a.service': entry({ restart: 9 }) })).toEqual(['restart a.service']);
});

test('what is not to be here any more goes, also when it was given away while no agent was here', async () => {
  const before = openNode();
  await before.files.makeFolder('/node');
  await before.take({ 'a.service': entry() });
  const node = openNode(before.files);
  node.show({ name: 'a.service', load: 'loaded', active: 'active', sub: 'running' });
  expect(await node.take({})).toEqual(['stop a.service', 'reload']);
  expect(await node.files.readText(path)).toBeUndefined();
  expect(await openNode(before.files).take({})).toEqual([]);
});

test('a file that somebody changed is written anew; a record that nobody can read makes nothing ours', async () => {
  const before = openNode();
  await before.files.makeFolder('/node');
  await before.take({ 'a.service': entry() });
  await before.files.write(path, 'changed');
  const node = openNode(before.files);
  node.show({ name: 'a.service', load: 'loaded', active: 'active', sub: 'running' });
  expect(await node.take({ 'a.service': entry() })).toContain('reload');
  expect(await node.files.readText(path)).toBe(one);
  await before.files.write('/node/run/muster/units.json', '{');
  const last = openNode(before.files);
  last.show({ name: 'a.service', load: 'loaded', active: 'active', sub: 'running' });
  expect(await last.take({ 'a.service': entry() })).toEqual([]);
  expect(await last.units.reports()).toMatchObject([{ state: { load: 'error' } }]);
});

test('a text that could not be had is asked for again', async () => {
  const node = openNode();
  await node.files.makeFolder('/node');
  expect(await node.take({ 'a.service': entry({ hash: 'three' }) })).toEqual([]);
  expect(await node.units.reports()).toMatchObject([{ state: { load: 'error' } }]);
  const late = new Map([['a.service', entry({ hash: 'three' })]]);
  node.units.take(late, async () => one);
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(node.said).toEqual(['reload', 'start a.service']);
});
