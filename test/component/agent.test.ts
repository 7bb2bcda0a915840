// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyActions,
  openLocalSupervisor,
  performActions,
  renderAction,
  runAgent,
  type Supervisor,
} from '../../src/agent/index.js';
import type { Action } from '../../src/cloudconfig/index.js';
import {
  listen,
  randomHex,
  realClock,
  realExec,
  realFiles,
  realHttpGet,
  realRandom,
  silentLog,
} from '../../src/effects/index.js';
import { leaseId } from '../../src/model/index.js';
import type { NodeState } from '../../src/registry/index.js';

interface Bench {
  readonly root: string;
  readonly outside: string;
  readonly machineId: string;
}
const state: { bench: Bench } = { bench: { root: '', outside: '', machineId: '' } };
const effects = {
  clock: realClock,
  exec: realExec,
  files: realFiles,
  httpGet: realHttpGet,
  log: silentLog,
  random: realRandom,
};
const isSuperuser = process.getuid?.() === 0;

function supervise(root: string, machineId: string): Supervisor {
  const context = { root, machineId, bootId: 'b007', hostname: 'core-01' };
  return openLocalSupervisor({ ...effects, builtins: new Map() }, context);
}

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'muster-node-'));
  const outside = await mkdtemp(join(tmpdir(), 'muster-outside-'));
  state.bench = { root, outside, machineId: randomHex(realRandom, 16) };
});

afterEach(async () => {
  const { root, outside } = state.bench;
  for (const left of await realExec.findByEnvironment('MUSTER_MACHINE', root)) {
    await realExec.signal(left, 'SIGKILL');
  }
  await rm(root, { recursive: true, force: true });
  await rm(outside, { recursive: true, force: true });
});

describe('actions on a real folder', () => {
  const write = (path: string, mode: number): Action => ({
    kind: 'write-file',
    path,
    content: 'x\n',
    encoding: 'utf8',
    mode,
    owner: '',
    reason: 'write_files[0]',
  });

  function perform(actions: readonly Action[]) {
    const { root, machineId } = state.bench;
    return performActions({ ...effects, isSuperuser, supervisor: supervise(root, machineId) }, root, actions);
  }

  test('modes hold whatever the umask, special bits included', async () => {
    const umask = process.umask(0o077);
    try {
      const reports = await perform([write('/a/b/c', 0o4755), write('/a/d', 0o1666)]);
      expect(reports.map(({ outcome }) => outcome)).toEqual(['changed', 'changed']);
    } finally {
      process.umask(umask);
    }
    const modeOf = async (path: string) => (await stat(join(state.bench.root, path))).mode & 0o7777;
    expect(await modeOf('a/b/c')).toBe(0o4755);
    expect(await modeOf('a/d')).toBe(0o1666);
    expect(await modeOf('a/b')).toBe(0o755);
  });

  test('no action leaves the node by a link', async () => {
    const { root, outside } = state.bench;
    await symlink(outside, join(root, 'etc'));
    await symlink(`../${outside.split('/').at(-1)}`, join(root, 'home'));
    const reports = await perform([
      write('/etc/x', 0o644),
      write('/etc/../x', 0o644),
      { kind: 'set-hostname', hostname: 'x', reason: 'hostname' },
      { kind: 'authorize-keys', user: 'core', keys: ['ssh-rsa A'], reason: 'ssh_authorized_keys' },
      { kind: 'link', path: '/etc/systemd/system/a.service', target: '/dev/null', reason: 'mask' },
    ]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(Array(5).fill('failed'));
    expect(await realFiles.list(outside)).toEqual([]);
  });
});

test('what was applied once is not applied again, and what was changed by hand is', async () => {
  const { root, machineId } = state.bench;
  const supervisor = supervise(root, machineId);
  const deps = { ...effects, isSuperuser, httpGet: realHttpGet, supervisor };
  const unit = (name: string, lines: readonly string[]) => ({
    kind: 'write-file' as const,
    path: `/etc/systemd/system/${name}`,
    content: ['[Service]', ...lines, '[Install]', 'WantedBy=multi-user.target', ''].join('\n'),
    encoding: 'utf8' as const,
    mode: 0o644,
    owner: '',
    reason: name,
  });
  const command = (name: string, verb: 'start' | 'restart') =>
    ({ kind: 'command-unit', unit: name, command: verb, reason: name }) as const;
  const actions = (seconds: number): readonly Action[] => [
    { kind: 'set-hostname', hostname: 'x', reason: 'hostname' },
    unit('stay.service', [`ExecStart=/bin/sleep ${seconds}`]),
    unit('once.service', ['Type=oneshot', 'ExecStart=/bin/sh -c "echo ran >> var/once"']),
    unit('late.service', ['ExecStart=/bin/sleep 620']),
    { kind: 'enable-unit', unit: 'stay.service', isRuntime: false, reason: 'stay' },
    { kind: 'reload-units', reason: 'coreos.units' },
    command('stay.service', 'start'),
    command('once.service', 'start'),
    command('late.service', 'restart'),
  ];
  await realFiles.makeFolder(join(root, 'var'));
  const run = async (seconds: number) => {
    const { steps, reports } = await applyActions(deps, root, actions(seconds));
    expect(reports.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    return steps.map(({ action, why }) => `${renderAction(action)}: ${why}`);
  };
  try {
    expect(await run(610)).toHaveLength(actions(610).length);
    expect(await run(610)).toEqual([]);
    const { pid } = await supervisor.status('stay.service');
    await writeFile(join(root, 'etc/hostname'), 'by hand\n');
    expect(await run(610)).toEqual([
      'set the host name x: /etc/hostname says another',
      'restart late.service: the machine changes',
    ]);
    expect((await supervisor.status('stay.service')).pid).toBe(pid);
    expect(await run(611)).toEqual([
      'write /etc/systemd/system/stay.service: its content differs',
      'enable stay.service: its file changes',
      'reload unit files: unit files change',
      'restart stay.service: its files change',
      'restart late.service: the machine changes',
    ]);
    expect((await supervisor.status('stay.service')).pid).not.toBe(pid);
    expect(await readFile(join(root, 'var/once'), 'utf8')).toBe('ran\n');
    expect(await run(611)).toEqual([]);
  } finally {
    await supervisor.stopAll();
  }
});

describe('an agent', () => {
  const userData = [
    '#cloud-config',
    'hostname: core-09',
    'write_files:',
    '- path: /etc/greeting',
    '  content: hello',
    'coreos:',
    '  units:',
    '  - name: greet.service',
    '    command: start',
    '    content: |',
    '      [Service]',
    '      Type=oneshot',
    '      RemainAfterExit=yes',
    '      ExecStart=/bin/sh -c "cat etc/greeting > etc/greeted; echo on %H"',
    '  - name: stay.service',
    '    command: start',
    '    content: |',
    '      [Service]',
    '      ExecStart=/bin/sleep 610',
    '      Restart=always',
    '      RestartSec=1ms',
  ].join('\n');

  /** Runs an agent whose store is this test, until `isDone` says so of an announcement. */
  async function run(text: string, isDone: (state: NodeState) => boolean) {
    const { root, machineId } = state.bench;
    const stop = new AbortController();
    const announced: NodeState[] = [];
    const server = await listen(async () => new Response(text), { host: '127.0.0.1', port: 0 });
    const limit = setTimeout(() => stop.abort(), 30_000);
    try {
      await runAgent(
        {
          ...effects,
          isSuperuser,
          openSupervisor: (context) => openLocalSupervisor({ ...effects, builtins: new Map() }, context),
          openMembership: async () => ({
            hold: (_ttl, whileHeld, signal) => whileHeld(leaseId(1n), signal),
            async announce(_lease, _machine, next) {
              announced.push(next);
              if (isDone(next)) stop.abort();
            },
            async *watchConfig() {},
            close: async () => {},
          }),
        },
        {
          commandLine: `cloud-config-url=${server.url}/user-data systemd.machine_id=${machineId} muster.etcd=x`,
          root,
          version: '0.1.0',
        },
        stop.signal,
      );
    } finally {
      clearTimeout(limit);
      await server.close();
    }
    return announced;
  }

  test('takes its user-data, runs its units and leaves nothing behind', async () => {
    const { root, machineId } = state.bench;
    const announced = await run(userData, ({ stage }) => stage === 'running');
    const running = announced.find(({ stage }) => stage === 'running');
    expect(running?.problems).toEqual([]);
    expect(running?.units).toEqual([
      { name: 'greet.service', active: 'active', sub: 'exited' },
      { name: 'stay.service', active: 'active', sub: 'running' },
    ]);
    expect(await readFile(join(root, 'etc/greeted'), 'utf8')).toBe('hello');
    expect(await readFile(join(root, 'var/log/units/greet.service.log'), 'utf8')).toBe('on core-09\n');
    expect(await readFile(join(root, 'etc/machine-id'), 'utf8')).toBe(`${machineId}\n`);
    expect(await realExec.findByEnvironment('MUSTER_MACHINE', root)).toEqual([]);
  });

  test('runs a script in the node', async () => {
    const { root } = state.bench;
    const announced = await run(
      '#!/bin/bash\nset -e\npwd -P > var/out\n',
      ({ units }) => units[0]?.sub === 'exited',
    );
    expect(announced.at(-1)?.problems).toEqual([]);
    expect((await readFile(join(root, 'var/out'), 'utf8')).trim()).toBe(root);
  });
});
