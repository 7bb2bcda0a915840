// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { type Exec, silentLog } from '../../effects/index.js';
import { manualClock, memoryFiles } from '../../effects/testing.js';
import { testOrder } from '../testing.js';
import { openMetalHost } from './host.js';
import { metalOptionParser } from './options.js';
import { fillIn } from './power.js';

describe('options', () => {
  const problemOf = (value: unknown) => {
    const parsed = metalOptionParser.parse(value);
    return parsed.kind === 'ok' ? undefined : parsed.problems[0]?.message;
  };
  test.each([
    [{ address: '192.0.2.1' }, undefined],
    [{ address: '192.0.2.1', power: ['p', '{action}', '{name}-bmc'] }, undefined],
    [undefined, 'it has to be said at which address machines reach this computer'],
    [{ address: '0.0.0.0' }, '0.0.0.0 is no address that machines could reach'],
    [{ address: 'rack' }, 'it has to be said at which address machines reach this computer'],
    [{ address: '192.0.2.1', power: [] }, 'a power command needs a program'],
    [{ address: '192.0.2.1', power: 'p {action}' }, 'a power command is a list of words'],
    [
      { address: '192.0.2.1', power: ['p', '{name}'] },
      'the power command does not say where {action} belongs',
    ],
    [{ address: '192.0.2.1', power: ['{action}', '{host}'] }, 'the power command has no "{host}" to fill in'],
    [{ address: '192.0.2.1', network: 'user' }, 'the metal provider has no option "network"'],
  ])('%j', (value, expected) => expect(problemOf(value)).toBe(expected));
});

test('the words of a machine are filled in as they are, whatever they hold', () => {
  const order = testOrder(1, { serial: '$& {name} `x`' });
  expect(fillIn(['-s', '{serial}', '{name}-bmc', '{action}'], order, 'on')).toEqual([
    ...['-s', '$& {name} `x`', 'core-01-bmc', 'on'],
  ]);
});

/** Machines of a rack, and a command that switches them. */
function openRack({ power = ['power', '{action}', '{name}'] as readonly string[], isStuck = false } = {}) {
  const clock = manualClock();
  const files = memoryFiles();
  const on = new Set<string>();
  const calls: string[] = [];
  const state = { isBroken: false };
  const run: Exec['run'] = async (program, [action = '', name = '']) => {
    calls.push([program, action, name].join(' '));
    if (state.isBroken)
      return { code: 1, signal: undefined, stdout: '', stderr: 'trying\nno route to BMC\n' };
    if (action === 'on') on.add(name);
    if (action === 'off' && !isStuck) on.delete(name);
    const stdout = action === 'status' ? `Chassis Power is ${on.has(name) ? 'on' : 'off'}\n` : '';
    return { code: 0, signal: undefined, stdout, stderr: '' };
  };
  const unused = () => Promise.reject(new Error('unused'));
  const exec: Exec = { run, spawn: unused, sight: unused, findByEnvironment: unused, signal: unused };
  const deps = {
    ...{ clock, exec, files, log: silentLog, environment: {}, program: ['muster'] as const },
    ...{ dialUnix: unused, probeTcp: unused, random: { bytes: () => new Uint8Array() } },
  };
  const options = { address: '192.0.2.1', ...(power.length > 0 && { power }) };
  const open = () =>
    openMetalHost(deps as unknown as Parameters<typeof openMetalHost>[0], {
      ...{ clusterName: 'c', clusterId: '0'.repeat(32), folder: '/c/.muster', ports: [], options },
    });
  return { clock, on, calls, state, host: open(), open };
}

describe('with a power command', () => {
  test('it is asked, and switched when need be', async () => {
    const { host, open, calls, on } = openRack();
    expect(await host.powerOn(testOrder(1))).toBe(true);
    expect(await open().powerOn(testOrder(1))).toBe(false);
    expect(calls).toEqual(['power status core-01', 'power on core-01', 'power status core-01']);
    expect(await host.list()).toEqual([{ name: 'core-01', state: 'on' }]);
    await host.powerOff('core-01');
    expect(on.size).toBe(0);
    expect(await host.list()).toEqual([{ name: 'core-01', state: 'off', reason: 'powered off' }]);
  });

  test('a machine that runs since before the cluster boots anew', async () => {
    const { host, calls, on } = openRack();
    on.add('core-01');
    await host.powerOn(testOrder(1));
    expect(calls.filter((call) => !call.includes('status'))).toEqual([
      'power off core-01',
      'power on core-01',
    ]);
  });

  test('one that lost its power is off, and says so', async () => {
    const { host, on } = openRack();
    await host.powerOn(testOrder(1));
    on.clear();
    expect(await host.list()).toEqual([{ name: 'core-01', state: 'off', reason: 'it has no power' }]);
  });

  test('what the command said is told, and the last that is known stands', async () => {
    const { host, state } = openRack();
    await host.powerOn(testOrder(1));
    state.isBroken = true;
    await expect(host.powerOff('core-01')).rejects.toMatchObject({
      code: 'providers/cannot-switch',
      message: 'cannot switch "core-01" off: the power command failed (off): no route to BMC',
    });
    expect(await host.list()).toEqual([{ name: 'core-01', state: 'on' }]);
  });

  test('one that does not go off is not taken for off', async () => {
    const { host, clock } = openRack({ isStuck: true });
    await host.powerOn(testOrder(1));
    const off = expect(host.powerOff('core-01')).rejects.toMatchObject({ code: 'providers/cannot-switch' });
    await clock.advance(100_000);
    await off;
  });
});

test('without a power command people switch, and muster remembers what it counts on', async () => {
  const { host, open, calls } = openRack({ power: [] });
  expect(await host.powerOn(testOrder(1))).toBe(true);
  expect(await open().powerOn(testOrder(1))).toBe(false);
  expect(await open().list()).toEqual([{ name: 'core-01', state: 'on' }]);
  await host.powerOff('core-01');
  expect(await host.list()).toEqual([{ name: 'core-01', state: 'off', reason: 'powered off' }]);
  await host.destroy('core-01');
  expect(await host.list()).toEqual([]);
  expect(calls).toEqual([]);
});

test.each(['..', 'a/b', ''])('"%s" is no name', async (name) => {
  await expect(openRack().host.powerOff(name)).rejects.toMatchObject({ code: 'providers/bad-name' });
});
