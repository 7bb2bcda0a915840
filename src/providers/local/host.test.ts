// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type Exec, type Files, silentLog } from '../../effects/index.js';
import { manualClock, memoryFiles } from '../../effects/testing.js';
import type { MachineEnd } from '../provider.js';
import { processTable, testOrder } from '../testing.js';
import { openLocalHost } from './host.js';

const order = testOrder(1);
const folder = '/c/.muster/machines/core-01';

function openComputer({ isStubborn = false, files = memoryFiles() } = {}) {
  const table = processTable(() => isStubborn);
  const clock = manualClock();
  const open = (changes: { readonly files?: Files; readonly exec?: Exec; readonly inside?: string } = {}) => {
    const environment = { PATH: '/bin', NODE_EXTRA_CA_CERTS: '/x' };
    const inside = changes.inside === undefined ? {} : { MUSTER_MACHINE: changes.inside };
    return openLocalHost(
      {
        clock,
        exec: changes.exec ?? table.exec,
        files: changes.files ?? files,
        log: silentLog,
        program: ['/bin/node', '/opt/muster'],
        environment: { ...environment, ...inside },
      },
      { clusterName: 'c', clusterId: '0'.repeat(32), folder: '/c/.muster', ports: [], options: {} },
    );
  };
  return { table, clock, files, open };
}

test('powering on starts the firmware of the machine, and once only', async () => {
  const { table, open } = openComputer();
  const host = open();
  await Promise.all([host.powerOn(order), host.powerOn(order)]);
  await open().powerOn(order);
  const [main, ...others] = table.running();
  expect(others).toEqual([]);
  expect(main?.args).toEqual([
    ...['/bin/node', '/opt/muster', 'agent', '--boot-url', order.bootUrl],
    ...['--mac', order.mac, '--uuid', order.uuid, '--root', `${folder}/root`],
  ]);
  expect(main?.options).toEqual({
    cwd: folder,
    env: { PATH: '/bin', MUSTER_MACHINE: `${folder}/root` },
    logFile: `${folder}/console.log`,
    isDetached: true,
  });
});

test('the folder of a machine is its owner’s alone', async () => {
  const { files, open } = openComputer();
  await open().powerOn(order);
  expect((await files.stat(folder))?.mode).toBe(0o700);
  expect((await files.stat(`${folder}/machine.json`))?.mode).toBe(0o600);
});

test('a machine begins with an empty disk, each time', async () => {
  const { files, open } = openComputer();
  const host = open();
  await host.powerOn(order);
  await files.write(`${folder}/root/state`, 'x');
  await host.powerOn(order);
  expect(await files.list(`${folder}/root`)).toEqual(['state']);
  await host.powerOff('core-01');
  expect(await files.list(`${folder}/root`)).toEqual(['state']);
  await host.powerOn(order);
  expect(await files.list(`${folder}/root`)).toEqual([]);
});

test('powering off asks first', async () => {
  const { table, open } = openComputer();
  const host = open();
  await host.powerOn(order);
  const [main] = table.running();
  await host.powerOff('core-01');
  await host.powerOff('core-01');
  await host.powerOff('nobody');
  expect(main?.signals).toEqual(['SIGTERM']);
  expect(await host.list()).toEqual([{ name: 'core-01', state: 'off', reason: 'powered off' }]);
});

test.each([
  ['its own', (host: ReturnType<typeof openLocalHost>) => host],
  ['an earlier process’s', undefined],
])('a machine of %s that does not end is killed, after its time', async (_what, same) => {
  const { table, clock, open } = openComputer({ isStubborn: true });
  const host = open();
  await host.powerOn(order);
  const [main] = table.running();
  const off = (same === undefined ? open() : host).powerOff('core-01');
  await clock.advance(9_000);
  expect(table.running()).toHaveLength(1);
  await clock.advance(2_000);
  await off;
  expect(main?.signals).toEqual(['SIGTERM', 'SIGKILL']);
  expect(table.running()).toEqual([]);
});

test('units of a killed machine are gone before it is powered on again', async () => {
  const { table, clock, open } = openComputer();
  const host = open();
  await host.powerOn(order);
  const [main] = table.running();
  const unit = main?.fork();
  main?.end({ signal: 'SIGKILL' });
  const on = host.powerOn(order);
  await clock.advance(1_000);
  await on;
  expect(unit?.signals).toEqual(['SIGKILL']);
  expect(table.running()).toHaveLength(1);
});

test('processes of another machine are left alone', async () => {
  const { table, clock, open } = openComputer();
  const host = open();
  await Promise.all([host.powerOn(order), host.powerOn(testOrder(2))]);
  const gone = host.destroy('core-01');
  await clock.advance(1_000);
  await gone;
  expect(table.running().map(({ options }) => options.env.MUSTER_MACHINE)).toEqual([
    '/c/.muster/machines/core-02/root',
  ]);
});

test('destroying leaves nothing', async () => {
  const { files, open } = openComputer();
  const host = open();
  await host.powerOn(order);
  await host.destroy('core-01');
  await host.destroy('core-01');
  expect(await host.list()).toEqual([]);
  expect(files.paths().filter((path) => path.startsWith(folder))).toEqual([]);
});

test('a process that was started but not recorded is found and ended', async () => {
  const { table, clock, files, open } = openComputer();
  let writes = 0;
  // Kill -9 of muster between the start and the record: the second write of machine.json never returns.
  const dying: Files = {
    ...files,
    write: (...args) => (++writes === 2 ? new Promise(() => {}) : files.write(...args)),
  };
  void open({ files: dying }).powerOn(order);
  while (table.running().length === 0) await clock.advance(0);
  const [orphan] = table.running();
  const next = open();
  expect(await next.list()).toEqual([{ name: 'core-01', state: 'off', reason: 'powered off' }]);
  const on = next.powerOn(order);
  await clock.advance(1_000);
  await on;
  expect(table.running()).toHaveLength(1);
  expect(table.running()[0]?.pid).not.toBe(orphan?.pid);
  await next.powerOff('core-01');
  expect(table.running()).toEqual([]);
});

test.each([
  ['with /proc', {}],
  ['where the kernel tells nothing of environments', { findByEnvironment: async () => [] }],
])('a full disk after the start leaves no process, %s', async (_what, changes) => {
  const { table, clock, files, open } = openComputer();
  let writes = 0;
  const full: Files = {
    ...files,
    write: (...args) => (++writes >= 2 ? Promise.reject(new Error('ENOSPC')) : files.write(...args)),
  };
  const host = open({ files: full, exec: { ...table.exec, ...changes } });
  const on = expect(host.powerOn(order)).rejects.toMatchObject({
    code: 'providers/cannot-start',
    message: 'cannot power on "core-01": ENOSPC',
  });
  await clock.advance(1_000);
  await on;
  expect(table.running()).toEqual([]);
});

test('a program that cannot be started is said', async () => {
  const { table, open } = openComputer();
  const exec = { ...table.exec, spawn: () => Promise.reject(new Error('spawn ENOENT')) };
  await expect(open({ exec }).powerOn(order)).rejects.toMatchObject({ code: 'providers/cannot-start' });
});

test('processes that do not even end when they are killed are named', async () => {
  const { table, clock, open } = openComputer();
  const exec: Exec = { ...table.exec, signal: async () => {} };
  const host = open({ exec });
  await host.powerOn(order);
  const off = expect(host.powerOff('core-01')).rejects.toMatchObject({
    code: 'providers/processes-left',
    details: { pids: '100' },
  });
  await clock.advance(60_000);
  await off;
  expect(await host.list()).toEqual([{ name: 'core-01', state: 'on' }]);
});

test('muster does not end itself when it runs inside the machine', async () => {
  const { open } = openComputer();
  await open().powerOn(order);
  await expect(open({ inside: `${folder}/root` }).powerOff('core-01')).rejects.toMatchObject({
    code: 'providers/inside-machine',
  });
});

test('a pid that belongs to somebody else by now is left alone', async () => {
  const { table, files, open } = openComputer();
  await open().powerOn(order);
  const text = (await files.readText(`${folder}/machine.json`)) ?? '';
  const [main] = table.running();
  main?.end({ signal: 'SIGKILL' });
  const stranger = await table.exec.spawn('/bin/other', [], { env: {} });
  await files.write(`${folder}/machine.json`, text.replace('"pid": 100', `"pid": ${stranger.pid}`));
  const host = open();
  expect((await host.list())[0]?.state).toBe('off');
  await host.powerOff('core-01');
  expect(table.running().map(({ pid }) => pid)).toEqual([stranger.pid]);
});

test('a damaged record is shown, and mended by powering on', async () => {
  const { table, clock, files, open } = openComputer();
  await open().powerOn(order);
  await files.write(`${folder}/machine.json`, '{');
  const host = open();
  expect(await host.list()).toEqual([
    { name: 'core-01', state: 'off', reason: 'its record is missing or damaged' },
  ]);
  const on = host.powerOn(order);
  await clock.advance(1_000);
  await on;
  expect(table.running()).toHaveLength(1);
  expect((await host.list())[0]?.state).toBe('on');
  await host.destroy('core-01');
  expect(table.running()).toEqual([]);
});

test.each(['..', '../x', '', '.hidden', 'a/b', '/etc', 'a\0b', '-rf'])('"%s" is no name', async (name) => {
  const { files, open } = openComputer();
  const host = open();
  for (const act of [host.powerOff, host.destroy]) {
    await expect(act(name)).rejects.toMatchObject({ code: 'providers/bad-name' });
  }
  await expect(host.powerOn({ ...order, name })).rejects.toMatchObject({ code: 'providers/bad-name' });
  expect(() => host.consoleFile(name)).toThrow('cannot be the name');
  expect(files.paths()).toEqual(['/']);
});

/** Collects what `watchEnds` tells until `count` ends were told. */
async function takeEnds(ends: AsyncIterable<MachineEnd>, count: number): Promise<readonly MachineEnd[]> {
  const taken: MachineEnd[] = [];
  for await (const end of ends) if (taken.push(end) === count) break;
  return taken;
}

test('ends are told with their reason; those that were asked for are not', async () => {
  const { table, files, open } = openComputer();
  const host = open();
  const off = new AbortController();
  const ends = takeEnds(host.watchEnds(off.signal), 3);
  for (const number of [1, 2, 3, 4]) await host.powerOn(testOrder(number));
  const [one, two, , four] = table.running();
  await files.write('/c/.muster/machines/core-02/console.log', 'booting\nno such \u001b[1mkernel\n\n');
  one?.end({ signal: 'SIGKILL' });
  await host.powerOff('core-03');
  two?.end({ code: 1 });
  four?.end({ code: 0 });
  expect((await ends).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'core-01', reason: 'ended by SIGKILL' },
    { name: 'core-02', reason: 'ended with exit code 1: no such  [1mkernel' },
    { name: 'core-04', reason: 'ended by itself' },
  ]);
  expect((await host.list()).map(({ reason }) => reason)).toEqual([
    'ended by SIGKILL',
    'ended with exit code 1: no such  [1mkernel',
    'powered off',
    'ended by itself',
  ]);
});

test('a new process tells of machines that ended while nobody looked, and of those that go on', async () => {
  const { table, clock, open } = openComputer();
  const before = open();
  for (const number of [1, 2, 3]) await before.powerOn(testOrder(number));
  await before.powerOff('core-03');
  const [one, two] = table.running();
  one?.end({ signal: 'SIGKILL' });
  const off = new AbortController();
  const told: MachineEnd[] = [];
  const watching = (async () => {
    for await (const end of open().watchEnds(off.signal)) told.push(end);
  })();
  const gone = 'its process is gone: it crashed or was killed';
  await clock.advance(100);
  expect(told).toEqual([{ name: 'core-01', reason: gone }]);
  two?.end();
  await clock.advance(1_000);
  expect(told.slice(1)).toEqual([{ name: 'core-02', reason: gone }]);
  off.abort();
  await watching;
  expect(clock.sleeping()).toBe(0);
});

test('an end is told once, however often it is seen', async () => {
  const { table, clock, open } = openComputer();
  const host = open();
  await host.powerOn(order);
  const off = new AbortController();
  const told: MachineEnd[] = [];
  const watching = (async () => {
    for await (const end of host.watchEnds(off.signal)) told.push(end);
  })();
  table.running()[0]?.end({ signal: 'SIGKILL' });
  await clock.advance(5_000);
  off.abort();
  await watching;
  expect(told).toEqual([{ name: 'core-01', reason: 'ended by SIGKILL' }]);
});

test('watching fails when the records cannot be read', async () => {
  const { files, open } = openComputer();
  const broken: Files = { ...files, list: () => Promise.reject(new Error('EIO')) };
  await expect(takeEnds(open({ files: broken }).watchEnds(new AbortController().signal), 1)).rejects.toThrow(
    'EIO',
  );
});
