// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { machineId } from '../model/index.js';
import { type BootRecord, emptySnapshot, type MachineLife, openUnitTable } from '../registry/index.js';
import { bootEvents } from './boot-status.js';
import { foldStatus, type KnownMachine, type StatusInput } from './cluster-status.js';

const id = machineId('a'.repeat(32));
const known: KnownMachine = {
  name: 'core-01',
  id,
  role: 'member',
  privateIp: '127.1.0.101',
  publicIp: '127.1.0.101',
  metadata: { rack: 'a' },
};
const life: MachineLife = {
  state: 'joined',
  since: 1_000,
  reason: '',
  lastSeen: 1_000,
  handledOrder: 3,
  bootId: 'b',
  isBootOver: false,
};

function input(change: Partial<StatusInput> = {}): StatusInput {
  return {
    cluster: 'demo',
    endpoints: { control: 'http://c', etcd: ['http://e'] },
    machines: [known],
    snapshot: { ...emptySnapshot, lives: new Map([['core-01', life]]) },
    renewedAt: new Map(),
    ...change,
  };
}

test('a joined machine shows what its agent announced', () => {
  const snapshot = {
    ...input().snapshot,
    machines: new Map([[id, { id, publicIp: '192.0.2.1', metadata: { rack: 'b' }, version: '1' }]]),
  };
  const status = foldStatus(input({ snapshot, renewedAt: new Map([[id, 5_000]]) }));
  expect(status).toMatchObject({ state: 'ok', reason: '' });
  expect(status.machines[0]).toMatchObject({
    state: 'joined',
    publicIp: '192.0.2.1',
    metadata: { rack: 'b' },
    lastSeen: '1970-01-01T00:00:05.000Z',
  });
  expect(status.machines[0]).not.toHaveProperty('reason');
});

test('some joined is degraded, none is down', () => {
  const two = [known, { ...known, name: 'core-02', id: machineId('b'.repeat(32)) }];
  expect(foldStatus(input({ machines: two }))).toMatchObject({
    state: 'degraded',
    reason: '1 of 2 machines have joined',
  });
  expect(foldStatus(input({ snapshot: emptySnapshot })).state).toBe('down');
});

test('a lost machine says why, and when it was last seen', () => {
  const lost = { ...life, state: 'lost', reason: 'SIGKILL', lastSeen: 2_000 } as const;
  const [machine] = foldStatus(
    input({ snapshot: { ...emptySnapshot, lives: new Map([['core-01', lost]]) } }),
  ).machines;
  expect(machine).toMatchObject({ state: 'lost', reason: 'SIGKILL', lastSeen: '1970-01-01T00:00:02.000Z' });
});

function bootAt(stage: BootRecord['stage'], at: number, more: Partial<BootRecord> = {}) {
  return new Map<string, BootRecord>([
    ['core-01', { stage, at, times: { [stage]: at }, profile: 'default', ...more }],
  ]);
}

test('a booting machine says how far it is', () => {
  const booting = { ...life, state: 'booting', since: 5_000 } as const;
  const at = (boots: StatusInput['snapshot']['boots']) =>
    foldStatus(input({ snapshot: { ...emptySnapshot, boots, lives: new Map([['core-01', booting]]) } }))
      .machines[0]?.reason;
  expect(at(new Map())).toBe('nothing heard of it yet');
  expect(at(bootAt('script', 5_100))).toBe('fetched its boot script');
  expect(at(bootAt('user-data', 5_200))).toBe('fetched its user-data');
  expect(at(bootAt('user-data', 1_000))).toBe('nothing heard of it yet');
});

test('the bytes of a file, why a machine waits, and the time of each stage are told', () => {
  const at = (boots: StatusInput['snapshot']['boots'], state: MachineLife['state'] = 'booting') =>
    foldStatus(
      input({
        snapshot: {
          ...emptySnapshot,
          boots,
          lives: new Map([['core-01', { ...life, state, since: 5_000 }]]),
        },
      }),
    ).machines[0];
  const half = bootAt('initrd', 6_000, {
    times: { script: 5_000, initrd: 5_500 },
    bytes: 2 ** 20,
    total: 2 ** 21,
  });
  expect(at(half)).toMatchObject({
    reason: 'fetches its initrd: 1.0 of 2.0 MiB',
    boot: {
      stage: 'initrd',
      times: { script: '1970-01-01T00:00:05.000Z', initrd: '1970-01-01T00:00:05.500Z' },
      bytes: 2 ** 20,
    },
  });
  expect(at(bootAt('script', 6_000, { waits: 'x is being fetched' }))?.reason).toBe(
    'waits: x is being fetched',
  );
  expect(at(half, 'lost')?.reason).toContain('fetches its initrd');
  expect(at(bootAt('initrd', 900), 'lost')).not.toHaveProperty('reason');
  expect(at(bootAt('kernel', 4_000), 'lost')?.reason).toBe('got no further than: fetched its kernel');
});

test('stages are events, in the order of their times', () => {
  const boots = bootAt('kernel', 7_000, { times: { script: 5_000, kernel: 7_000 } });
  expect(bootEvents({ ...emptySnapshot, boots }).map(({ at, kind }) => [at, kind])).toEqual([
    [5_000, 'boot-script'],
    [7_000, 'boot-kernel'],
  ]);
});

test('the units of the cluster are told by machine, those that are to go included, and those that wait', () => {
  const units = openUnitTable();
  const entry = JSON.stringify({ hash: 'ab', state: 'launched', restart: 0 });
  const state = { loadState: 'loaded', activeState: 'failed', subState: 'failed', reason: 'exit code 1' };
  units.fold(`/_muster_units/schedule/${id}/b.service`, entry, 1);
  units.fold(`/_coreos.com/fleet/states/b.service/${id}`, JSON.stringify(state), 1);
  units.fold(`/_coreos.com/fleet/states/a.service/${id}`, JSON.stringify({ ...state, reason: '' }), 1);
  expect(foldStatus(input({ units })).machines[0]?.scheduledUnits).toEqual([
    { name: 'a.service', targetState: 'removed', active: 'failed', sub: 'failed' },
    { name: 'b.service', targetState: 'launched', active: 'failed', sub: 'failed', reason: 'exit code 1' },
  ]);
  expect(foldStatus(input({ units: openUnitTable() })).machines[0]?.scheduledUnits).toEqual([]);
  const bytes = Array.from({ length: 20 }, () => 1);
  for (const name of ['b.service', 'c.service', 'd@.service']) {
    units.fold(`/_coreos.com/fleet/job/${name}/object`, JSON.stringify({ Name: name, UnitHash: bytes }), 1);
    units.fold(`/_coreos.com/fleet/job/${name}/target-state`, 'launched', 1);
  }
  expect(foldStatus(input({ units })).waitingUnits).toEqual(['c.service']);
  expect(foldStatus(input()).machines[0]).not.toHaveProperty('scheduledUnits');
});

test('an order that was not carried out yet shows as starting', () => {
  const orders = new Map([['core-01', { want: 'on', at: 0, modRevision: 9 } as const]]);
  expect(foldStatus(input({ snapshot: { ...emptySnapshot, orders } })).machines[0]?.state).toBe('starting');
});
