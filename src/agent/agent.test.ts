// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type HttpAnswer, realExec, silentLog } from '../effects/index.js';
import { manualClock, memoryFiles } from '../effects/testing.js';
import { type LeaseId, leaseId, type Machine } from '../model/index.js';
import type { NodeState, StandingConfig } from '../registry/index.js';
import { type AgentDeps, runAgent } from './agent.js';
import { openChangeCounter } from './change-counter.js';
import { fail } from './errors.js';
import type { Membership } from './registration.js';
import { recordedSupervisor } from './testing.js';

const root = '/srv/node';
const machineId = 'abc772b2338d41ab91cd957bf8e9dcf8';
const commandLine = [
  'cloud-config-url=http://127.0.0.1:7070/user-data',
  `systemd.machine_id=${machineId}`,
  'muster.name=core-01 muster.etcd=http://127.0.0.1:2379 muster.ttl=5',
  'muster.private_ipv4=127.77.1.2 muster.metadata=rack=a,disk=ssd',
].join(' ');

// The agent loads it when it needs it, which would take real time while the clock stands still.
beforeAll(async () => {
  await import('../cloudconfig/index.js');
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface Announcement {
  readonly lease: LeaseId;
  readonly machine: Machine;
  readonly state: NodeState;
}

/** A node with everything around it in memory. */
function bench(userData: string, answer?: (call: string) => Promise<void>) {
  const clock = manualClock(1_000);
  const files = memoryFiles();
  const recorded = recordedSupervisor(answer);
  const announced: Announcement[] = [];
  const ordered = openChangeCounter();
  const orders: StandingConfig[] = [];
  const log: string[] = [];
  const store = { lose: new AbortController(), leases: 0, refusals: 0 };
  const membership: Membership = {
    async hold(_ttlSeconds, whileHeld, signal) {
      while (!signal.aborted) {
        store.leases += 1;
        store.lose = new AbortController();
        await whileHeld(leaseId(BigInt(store.leases)), AbortSignal.any([store.lose.signal, signal]));
      }
      log.push('lease given back');
    },
    async announce(lease, machine, state) {
      announced.push({ lease, machine, state });
      if (store.refusals > 0) {
        store.refusals -= 1;
        throw new Error('lease not found');
      }
    },
    async *watchConfig(_name, signal) {
      for (let seen = 0; !signal.aborted; seen = await ordered.changed(seen, signal)) yield* orders.slice(-1);
    },
    close: async () => {
      log.push('closed');
    },
  };
  const body = Buffer.from(userData);
  const deps: AgentDeps = {
    clock,
    exec: realExec,
    files,
    httpGet: async (): Promise<HttpAnswer> => ({ status: 200, headers: {}, body }),
    log: silentLog,
    random: { bytes: (length) => new Uint8Array(length).fill(0xb0) },
    isSuperuser: true,
    openSupervisor: () => recorded.supervisor,
    openMembership: async () => membership,
  };
  const stop = new AbortController();
  const options = { commandLine, root, version: '0.1.0' };
  const start = () => runAgent(deps, options, stop.signal);
  const order = (userData: string, revision: number, bootId = 'b0'.repeat(16)) => {
    orders.push({ order: { bootId, userData, at: 0 }, revision });
    ordered.step();
  };
  return { ...recorded, order, clock, files, announced, log, store, deps, options, stop, start };
}

const article = [
  '#cloud-config',
  'hostname: core-01',
  'coreos:',
  '  fleet:',
  '    public-ip: 192.0.2.1',
  '    metadata: disk=hdd,zone=b',
  '  units:',
  '  - name: etcd2.service',
  '    command: start',
  '  - name: absent.service',
  '    command: start',
].join('\n');

test('an authority that is pinned for user-data is not asked to vouch for keys from elsewhere', async () => {
  const { deps, options, stop, clock, files } = bench('');
  const answer = (text: string) => async (): Promise<HttpAnswer> => {
    return { status: 200, headers: {}, body: Buffer.from(text) };
  };
  const userData = '#cloud-config\nusers: [{name: web, coreos_ssh_import_url: "https://keys.example/web"}]\n';
  const apart = { ...deps, httpGet: answer('ssh-rsa A a\n'), userDataGet: answer(userData) };
  const running = runAgent(apart, options, stop.signal);
  await clock.advance(100);
  expect(await files.readText(`${root}/home/web/.ssh/authorized_keys`)).toBe('ssh-rsa A a\n');
  stop.abort();
  await clock.advance(100);
  await running;
});

test('a node takes its configuration, announces itself and leaves', async () => {
  const { start, stop, clock, files, announced, said, log } = bench(article, async (call) => {
    if (call.includes('absent')) throw fail('agent/unit-not-found', { unit: 'absent.service' });
  });
  const done = start();
  await clock.advance(1_000);
  expect(await files.readText(`${root}/etc/machine-id`)).toBe(`${machineId}\n`);
  expect(await files.readText(`${root}/etc/hostname`)).toBe('core-01\n');
  expect(said).toEqual(['reload', 'start etcd2.service', 'start absent.service']);
  expect(announced.at(-1)).toEqual({
    lease: 1n,
    machine: {
      id: machineId,
      publicIp: '192.0.2.1',
      metadata: { rack: 'a', disk: 'hdd', zone: 'b' },
      version: '0.1.0',
    },
    state: {
      name: 'core-01',
      bootId: 'b0'.repeat(16),
      privateIp: '127.77.1.2',
      publicIp: '192.0.2.1',
      startedAt: 1_000,
      stage: 'running',
      units: [],
      problems: ['coreos.units[1].command: unit "absent.service" is not found'],
      config: { hash: sha256(article), state: 'failed', order: 0, drift: [], atBoot: [] },
    },
  });
  stop.abort();
  await clock.advance(0);
  await done;
  expect(said.at(-1)).toBe('stop all');
  expect(log).toEqual(['lease given back', 'closed']);
  expect(clock.sleeping()).toBe(0);
});

const motd = (text: string, more: readonly string[] = []) =>
  ['#cloud-config', 'write_files:', '- path: /etc/motd', `  content: ${text}`, ...more].join('\n');

describe('without a reboot', () => {
  test('it takes over what it is ordered, once, and says so', async () => {
    const { start, stop, clock, files, announced, said, order } = bench(motd('one', ['- path: /etc/old']));
    const done = start();
    await clock.advance(1_000);
    order(motd('two', ['coreos:', '  units:', '  - {name: a.service, command: start}']), 7);
    await clock.advance(1_000);
    expect(await files.readText(`${root}/etc/motd`)).toBe('two');
    expect(said).toEqual(['start a.service']);
    expect(announced.at(-1)?.state).toMatchObject({
      problems: [],
      config: {
        state: 'applied',
        order: 7,
        drift: [],
        atBoot: ['no longer asked for, and there until then: /etc/old'],
      },
    });
    await files.write(`${root}/etc/motd`, 'by hand', { mode: 0o644 });
    order(motd('three'), 7);
    await clock.advance(1_000);
    expect(await files.readText(`${root}/etc/motd`)).toBe('by hand');
    stop.abort();
    await done;
  });

  test('an order for another boot is none', async () => {
    const { start, stop, clock, files, announced, order } = bench(motd('one'));
    const done = start();
    await clock.advance(1_000);
    order(motd('two'), 7, 'another boot');
    await clock.advance(1_000);
    expect(await files.readText(`${root}/etc/motd`)).toBe('one');
    expect(announced.at(-1)?.state.config).toMatchObject({ order: 0, hash: sha256(motd('one')) });
    stop.abort();
    await done;
  });

  test('what does not parse leaves everything as it is, and is told', async () => {
    const { start, stop, clock, files, announced, order } = bench(motd('one'));
    const done = start();
    await clock.advance(1_000);
    order('no header', 7);
    await clock.advance(1_000);
    expect(announced.at(-1)?.state).toMatchObject({
      problems: [expect.stringContaining('user-data:1:1')],
      config: { state: 'failed', order: 7, hash: sha256(motd('one')) },
    });
    order(motd('two'), 8);
    await clock.advance(1_000);
    expect(announced.at(-1)?.state).toMatchObject({ problems: [], config: { state: 'applied', order: 8 } });
    expect(await files.readText(`${root}/etc/motd`)).toBe('two');
    stop.abort();
    await done;
  });

  test('a script that changed is left to the next boot', async () => {
    const { start, stop, clock, announced, said, order } = bench('#!/bin/sh\necho 1\n');
    const done = start();
    await clock.advance(1_000);
    const before = said.filter((call) => call !== 'reload').length;
    order('#!/bin/sh\necho 2\n', 7);
    await clock.advance(1_000);
    expect(announced.at(-1)?.state.config).toMatchObject({ state: 'applied', atBoot: ['the script is run'] });
    expect(new Set(said.filter((call) => call !== 'reload')).size).toBe(before);
    stop.abort();
    await done;
  });

  test('drift is seen, told, and gone once it is mended', async () => {
    const { start, stop, clock, files, announced, order } = bench(motd('one'));
    const done = start();
    await clock.advance(1_000);
    const drift = () => announced.at(-1)?.state.config?.drift;
    await files.write(`${root}/etc/motd`, 'by hand', { mode: 0o644 });
    await clock.advance(11_000);
    expect(drift()).toEqual(['/etc/motd: its content differs']);
    order(motd('one'), 9);
    await clock.advance(1_000);
    expect(drift()).toEqual([]);
    expect(await files.readText(`${root}/etc/motd`)).toBe('one');
    stop.abort();
    await done;
  });
});

test('it is registered while a unit hangs, and can be stopped then', async () => {
  const hang = new AbortController();
  const { start, stop, clock, announced, said } = bench(article, async (call) => {
    if (call === 'stop all') hang.abort();
    if (call === 'start etcd2.service') {
      await new Promise<void>((resolve) => hang.signal.addEventListener('abort', () => resolve()));
    }
  });
  const done = start();
  await clock.advance(1_000);
  expect(announced.map(({ state }) => state.stage)).toEqual(['configuring']);
  stop.abort();
  await clock.advance(1_000);
  await done;
  expect(said).toEqual(['reload', 'start etcd2.service', 'stop all']);
});

test('a burst of changes makes one announcement', async () => {
  const { start, stop, clock, announced, show } = bench('#cloud-config\n');
  const done = start();
  await clock.advance(1_000);
  const before = announced.length;
  const status = { name: 'a.service', load: 'loaded', active: 'activating' } as const;
  for (const sub of ['start-pre', 'start', 'start-post']) show({ ...status, sub });
  await clock.advance(1_000);
  expect(announced.length).toBe(before + 1);
  expect(announced.at(-1)?.state.units).toEqual([
    { name: 'a.service', active: 'activating', sub: 'start-post' },
  ]);
  await clock.advance(60_000);
  expect(announced.length).toBe(before + 1);
  stop.abort();
  await done;
});

test('after a loss it announces itself under the next lease', async () => {
  const { start, stop, clock, announced, store, said } = bench('#cloud-config\n');
  const done = start();
  await clock.advance(1_000);
  store.lose.abort();
  await clock.advance(1_000);
  expect(announced.at(-1)).toMatchObject({ lease: 2n, state: { stage: 'running' } });
  store.refusals = 1;
  store.lose.abort();
  await clock.advance(10_000);
  expect(announced.at(-1)).toMatchObject({ lease: 4n, state: { stage: 'running' } });
  expect(said).not.toContain('stop all');
  stop.abort();
  await done;
});

test.each([
  ['#cloud-config\nhostname: [a]\n', 'user-data:2:'],
  ['{"ignition":{"version":"3.4.0"}}', 'user-data is an Ignition 3.4.0 config: not applied'],
  ['no header', 'user-data:1:1: error'],
  ['\u001f', 'user-data:1:1: error'],
])('%j does not stop it from joining', async (userData, problem) => {
  const { start, stop, clock, announced } = bench(userData);
  const done = start();
  await clock.advance(1_000);
  expect(announced.at(-1)?.state).toMatchObject({
    stage: 'running',
    problems: [expect.stringContaining(problem)],
  });
  stop.abort();
  await done;
});

test('a script is run as a unit', async () => {
  const { start, stop, clock, said, files } = bench('#!/bin/sh\necho hello\n');
  const done = start();
  await clock.advance(1_000);
  const unit = await files.readText(`${root}/var/lib/coreos-cloudinit/scripts/unit-name`);
  expect(said).toEqual(['reload', `start ${unit}`]);
  const id = unit?.replace(/^coreos-cloudinit-|\.service$/g, '');
  expect(await files.stat(`${root}/var/lib/coreos-cloudinit/scripts/${id}`)).toMatchObject({ mode: 0o744 });
  expect(await files.readText(`${root}/run/systemd/system/${unit}`)).toContain(
    `ExecStart=/bin/bash %S/coreos-cloudinit/scripts/${id}\n`,
  );
  stop.abort();
  await done;
});

test('a machine ID is kept from one boot to the next, or minted', async () => {
  const { deps, options, stop, files, clock } = bench('');
  const anonymous = { ...options, commandLine: 'muster.etcd=http://127.0.0.1:2379' };
  const first = runAgent(deps, anonymous, stop.signal);
  await clock.advance(1_000);
  stop.abort();
  await first;
  expect(await files.readText(`${root}/etc/machine-id`)).toBe(`${'b0'.repeat(16)}\n`);
  await files.write(`${root}/etc/machine-id`, `${machineId}\n`);
  const again = new AbortController();
  const second = runAgent(deps, anonymous, again.signal);
  await clock.advance(1_000);
  again.abort();
  await second;
  expect(await files.readText(`${root}/etc/machine-id`)).toBe(`${machineId}\n`);
});

test('runtime units of the boot before are forgotten, others are kept', async () => {
  const { start, stop, files, clock } = bench('#cloud-config\n');
  for (const folder of ['run', 'etc']) {
    await files.makeFolder(`${root}/${folder}/systemd/system`);
    await files.write(`${root}/${folder}/systemd/system/a.service`, 'x');
  }
  const done = start();
  await clock.advance(1_000);
  stop.abort();
  await done;
  expect(files.paths().filter((path) => path.endsWith('a.service'))).toEqual([
    `${root}/etc/systemd/system/a.service`,
  ]);
});

test('user-data that is refused ends the agent', async () => {
  const { deps, options, stop } = bench('');
  const refusing = { ...deps, httpGet: async () => ({ status: 404, headers: {}, body: new Uint8Array() }) };
  await expect(runAgent(refusing, options, stop.signal)).rejects.toMatchObject({
    code: 'agent/user-data-refused',
  });
});

test('stopped before it has its configuration, it leaves without a trace in the store', async () => {
  const { deps, options, stop, announced, clock } = bench('');
  const away = { ...deps, httpGet: () => Promise.reject(new Error('ECONNREFUSED')) };
  const done = runAgent(away, options, stop.signal);
  await clock.advance(20_000);
  stop.abort();
  await done;
  expect(announced).toEqual([]);
});
