// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { keyOf, prefixRange, textOf } from '../etcd/index.js';
import { type MemoryKv, memoryKv } from '../etcd/testing.js';
import { machineId } from '../model/index.js';
import { openRegistry, type Registry } from './registry.js';
import { unitKeys, unitMeaningOf } from './unit-keys.js';
import { openUnitTable } from './unit-table.js';

const machine = machineId('e73c8f105d0b49daa1702e3e42565862');
const hash = '86943ac9f3754cb90f8dd38bf6da7b0cad074592';
const text = '[Service]\nExecStart=/bin/true\n';
const submission = { unit: 'web.service', text, hash };
const opened: MemoryKv[] = [];

afterEach(() => {
  for (const kv of opened.splice(0)) kv.close();
});

function openAll(): { readonly kv: MemoryKv; readonly registry: Registry } {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  opened.push(kv);
  return { kv, registry: openRegistry({ kv, clock, log: silentLog }) };
}

async function listing(kv: MemoryKv): Promise<Readonly<Record<string, string>>> {
  const { kvs } = await kv.range(prefixRange('/_'));
  return Object.fromEntries(kvs.map(({ key, value }) => [textOf(key), textOf(value)]));
}

async function lead(registry: Registry, kv: MemoryKv) {
  const { id } = await kv.grantLease(10);
  const leadership = await registry.engine.lead('e', id, new AbortController().signal);
  if (leadership === undefined) throw new Error('no leader');
  return leadership;
}

test('keys and their meaning are each other’s reverse', () => {
  expect(
    [
      unitKeys.text('ab'),
      unitKeys.jobObject('a.service'),
      unitKeys.targetState('a.service'),
      unitKeys.target('a.service'),
      unitKeys.jobState('a.service'),
      unitKeys.state('a.service', machine),
      unitKeys.metadata(machine, 'k'),
      unitKeys.schedule(machine, 'a.service'),
      unitKeys.host(machine),
      unitKeys.mark(machine),
      unitKeys.restart('a.service'),
      unitKeys.rollout('a@.service'),
      unitKeys.rebalance,
      '/_coreos.com/fleet/job/a.service/else',
      '/_coreos.com/fleet/job/a/b/target',
      '/_muster/cluster/file',
    ].map((key) => unitMeaningOf(key)),
  ).toEqual([
    { kind: 'text', hash: 'ab' },
    { kind: 'object', unit: 'a.service' },
    { kind: 'target-state', unit: 'a.service' },
    { kind: 'target', unit: 'a.service' },
    { kind: 'job-state', unit: 'a.service' },
    { kind: 'state', unit: 'a.service', machine },
    { kind: 'metadata', machine, key: 'k' },
    { kind: 'schedule', machine, unit: 'a.service' },
    { kind: 'hosts', machine },
    { kind: 'marks', machine },
    { kind: 'restarts', unit: 'a.service' },
    { kind: 'rollouts', group: 'a@.service' },
    { kind: 'rebalance' },
    { kind: 'other' },
    { kind: 'other' },
    { kind: 'other' },
  ]);
});

test('the records are fleet’s, byte for byte', async () => {
  const { kv, registry } = openAll();
  expect(await registry.units.submit(submission)).toBe(true);
  expect(await registry.units.submit(submission)).toBe(false);
  const leadership = await lead(registry, kv);
  await registry.units.commit(leadership, [{ kind: 'target', unit: 'web.service', machine }], []);
  const { id } = await kv.grantLease(10);
  const state = { load: 'loaded', active: 'active', sub: 'running', hash };
  await registry.units.report(id, machine, [
    { unit: 'web.service', state, isLaunched: true, isGlobal: false },
  ]);
  const bytes = (hash.match(/../g) ?? []).map((two) => Number.parseInt(two, 16));
  const fleet = '/_coreos.com/fleet';
  expect(await listing(kv)).toMatchObject({
    [`${fleet}/unit/${hash}`]: '{"Raw":"[Service]\\nExecStart=/bin/true\\n"}',
    [`${fleet}/job/web.service/object`]: `{"Name":"web.service","UnitHash":[${bytes.join(',')}]}`,
    [`${fleet}/job/web.service/target-state`]: 'inactive',
    [`${fleet}/job/web.service/target`]: machine,
    [`${fleet}/job/web.service/job-state`]: machine,
    [`${fleet}/states/web.service/${machine}`]: [
      '{"loadState":"loaded","activeState":"active","subState":"running","machineState":{"ID":"',
      `${machine}","PublicIP":"","Metadata":null,"Capabilities":null,"Version":""},"unitHash":"${hash}"}`,
    ].join(''),
  });
});

test('what is gone with the lease is gone, what another machine launched stays', async () => {
  const { kv, registry } = openAll();
  const { id } = await kv.grantLease(10);
  const report = { unit: 'a.service', state: undefined, isLaunched: false, isGlobal: false };
  await kv.put({ key: keyOf(unitKeys.jobState('a.service')), value: keyOf('another') });
  await registry.units.report(id, machine, [report]);
  expect(await listing(kv)).toHaveProperty([unitKeys.jobState('a.service')], 'another');
  await kv.put({ key: keyOf(unitKeys.jobState('a.service')), value: keyOf(machine) });
  await registry.units.report(id, machine, [report]);
  expect(await listing(kv)).not.toHaveProperty([unitKeys.jobState('a.service')]);
});

test('an engine that leads no more writes nothing', async () => {
  const { kv, registry } = openAll();
  const leadership = await lead(registry, kv);
  await kv.deleteRange({ key: keyOf('/_coreos.com/fleet/lease/engine-leader') });
  const write = { kind: 'target', unit: 'web.service', machine } as const;
  expect(await registry.units.commit(leadership, [write], [])).toBeUndefined();
  expect(await listing(kv)).not.toHaveProperty([unitKeys.target('web.service')]);
});

test('hundreds of writes go in a few transactions', async () => {
  const { kv, registry } = openAll();
  const leadership = await lead(registry, kv);
  const writes = Array.from(
    { length: 300 },
    (_, index) => ({ kind: 'target', unit: `u${index}.service`, machine }) as const,
  );
  const before = (await kv.range({ key: keyOf('x') })).revision;
  expect(await registry.units.commit(leadership, writes, [])).toBe(before + 3);
  expect((await kv.range({ key: keyOf('x') })).revision - before).toBe(3);
});

test('an agent sees its own schedule and no other', async () => {
  const { kv, registry } = openAll();
  const leadership = await lead(registry, kv);
  const other = machineId('a'.repeat(32));
  const entry = { hash, state: 'launched', restart: 0 } as const;
  const ended = new AbortController();
  const seen: (readonly string[])[] = [];
  const watching = (async () => {
    for await (const entries of registry.units.watchSchedule(machine, ended.signal)) {
      seen.push([...entries.keys()]);
      if (seen.length === 3) ended.abort();
    }
  })();
  for (const write of [
    { kind: 'schedule', machine: other, unit: 'x.service', entry },
    { kind: 'schedule', machine, unit: 'a.service', entry },
    { kind: 'schedule', machine, unit: 'a.service', entry: undefined },
  ] as const) {
    await new Promise((resolve) => setImmediate(resolve));
    await registry.units.commit(leadership, [write], []);
  }
  await watching;
  expect(seen).toEqual([[], ['a.service'], []]);
});

test('a table folds what it is told, and words that nobody knows mean nothing', () => {
  const table = openUnitTable();
  table.fold(unitKeys.jobObject('a.service'), '{"Name":"b.service","UnitHash":[]}', 1);
  table.fold(unitKeys.targetState('a.service'), 'bogus', 2);
  expect(table.jobs.size).toBe(0);
  table.fold(unitKeys.metadata(machine, 'rack'), 'b', 3);
  expect(table.machines.get(machine)?.overrides).toEqual(new Map([['rack', 'b']]));
  table.fold(unitKeys.metadata(machine, 'rack'), undefined, 4);
  expect(table.machines.size).toBe(0);
});

test('units wake nobody who follows the cluster', async () => {
  const { kv, registry } = openAll();
  const ended = new AbortController();
  const seen: number[] = [];
  const watching = (async () => {
    for await (const view of registry.watch(ended.signal)) {
      if (view.kind === 'snapshot') seen.push(view.snapshot.revision);
      if (seen.length === 2) ended.abort();
    }
  })();
  await new Promise((resolve) => setImmediate(resolve));
  await registry.units.submit(submission);
  await registry.machines.order(['a'], 'on', 1);
  await watching;
  expect(seen).toHaveLength(2);
  expect((await registry.snapshot()).orders.size).toBe(1);
  expect((await registry.units.table()).jobs.size).toBe(1);
  kv.close();
});
