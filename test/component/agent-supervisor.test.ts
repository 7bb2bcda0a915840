// SPDX-License-Identifier: Apache-2.0

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BuiltinUnit,
  openLocalSupervisor,
  type Supervisor,
  type UnitStatus,
} from '../../src/agent/index.js';
import { randomHex, realClock, realExec, realFiles, realRandom, silentLog } from '../../src/effects/index.js';

const units = '/etc/systemd/system';

interface Bench {
  readonly root: string;
  readonly machineId: string;
  readonly supervisor: Supervisor;
}

const state: { bench: Bench | undefined } = { bench: undefined };

async function open(builtins: ReadonlyMap<string, BuiltinUnit> = new Map()): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), 'muster-agent-'));
  const machineId = randomHex(realRandom, 16);
  const context = { root, machineId, bootId: 'b007', hostname: 'core-01' };
  const deps = { clock: realClock, exec: realExec, files: realFiles, log: silentLog, builtins };
  const bench = { root, machineId, supervisor: openLocalSupervisor(deps, context) };
  state.bench = bench;
  return bench;
}

function bench(): Bench {
  if (state.bench === undefined) throw new Error('no bench is open');
  return state.bench;
}

async function put(path: string, lines: readonly string[]): Promise<void> {
  const place = join(bench().root, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, `${lines.join('\n')}\n`);
}

/** Writes a service with these lines in its `[Service]` section. */
function service(name: string, lines: readonly string[], unit: readonly string[] = []): Promise<void> {
  return put(`${units}/${name}`, ['[Unit]', ...unit, '[Service]', ...lines]);
}

async function until(name: string, isWanted: (status: UnitStatus) => boolean): Promise<UnitStatus> {
  const { supervisor } = bench();
  const limit = AbortSignal.timeout(20_000);
  for (let seen = -1; ; ) {
    const status = await supervisor.status(name);
    if (isWanted(status)) return status;
    if (limit.aborted) throw new Error(`still ${JSON.stringify(status)}`);
    seen = await supervisor.changed(seen, limit);
  }
}

/** Waits until the unit has printed the text. There is no event for that. */
async function printed(name: string, text: string): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if ((await output(name)).includes(text)) return;
    await realClock.sleep(5);
  }
  throw new Error(`"${text}" was not printed`);
}

async function output(name: string): Promise<string> {
  return readFile(join(bench().root, `var/log/units/${name}.log`), 'utf8').catch(() => '');
}

function marked() {
  return realExec.findByEnvironment('MUSTER_MACHINE', bench().root);
}

beforeEach(async () => {
  await open();
});

afterEach(async () => {
  await bench().supervisor.stopAll();
  for (const left of await marked()) await realExec.signal(left, 'SIGKILL');
  await rm(bench().root, { recursive: true, force: true });
});

describe('services as processes', () => {
  test('a simple service runs with its environment and stops', async () => {
    const { supervisor, root } = bench();
    await service('a.service', [
      'Environment="GREETING=hello there" OTHER=x',
      "ExecStart=/bin/sh -c 'echo $GREETING from %n on %H; echo $MUSTER_ROOT $MUSTER_UNIT; pwd; exec sleep 600'",
    ]);
    expect(await supervisor.command('a.service', 'start')).toBe('changed');
    expect(await supervisor.command('a.service', 'start')).toBe('unchanged');
    await printed('a.service', '#a.service');
    const running = await supervisor.status('a.service');
    expect(running).toMatchObject({ load: 'loaded', active: 'active', sub: 'running' });
    expect(await marked()).toContainEqual(expect.objectContaining({ pid: running.pid }));
    expect(await supervisor.command('a.service', 'stop')).toBe('changed');
    expect(await supervisor.command('a.service', 'stop')).toBe('unchanged');
    expect(await supervisor.status('a.service')).toMatchObject({ active: 'inactive', sub: 'dead' });
    expect(await marked()).toEqual([]);
    expect(await output('a.service')).toContain('hello there from a.service on core-01');
    expect(await output('a.service')).toContain(`${root} ${root}#a.service`);
  });

  test('a killed service is started again, and reported meanwhile', async () => {
    const { supervisor } = bench();
    await service('a.service', ['ExecStart=/bin/sleep 600', 'Restart=on-failure', 'RestartSec=10ms']);
    await supervisor.command('a.service', 'start');
    const first = await supervisor.status('a.service');
    process.kill(first.pid ?? 0, 'SIGKILL');
    await until('a.service', ({ sub }) => sub === 'auto-restart');
    const second = await until('a.service', ({ sub, pid }) => sub === 'running' && pid !== first.pid);
    expect(second.pid).not.toBe(first.pid);
  });

  test('a service that fails again and again is given up', async () => {
    const { supervisor } = bench();
    await service(
      'a.service',
      ['ExecStart=/bin/sh -c "exit 7"', 'Restart=always', 'RestartSec=1ms'],
      ['StartLimitBurst=3'],
    );
    await supervisor.command('a.service', 'start');
    const failed = await until('a.service', ({ active }) => active === 'failed');
    expect(failed.reason).toBe('started 3 times within 10 s');
  });

  test.each([
    ['no', 'exit 1', 'failed'],
    ['on-failure', 'exit 0', 'inactive'],
    ['on-abnormal', 'exit 1', 'failed'],
    ['on-success', 'exit 1', 'failed'],
  ])('Restart=%s after "%s" leaves it %s', async (restart, end, active) => {
    const { supervisor } = bench();
    await service('a.service', [`ExecStart=/bin/sh -c "${end}"`, `Restart=${restart}`, 'RestartSec=1ms']);
    await supervisor.command('a.service', 'start');
    await until('a.service', (status) => status.active === active);
  });

  test('a program that is nowhere is named', async () => {
    const { supervisor } = bench();
    await service('a.service', ['ExecStart=/opt/nowhere/tool']);
    await expect(supervisor.command('a.service', 'start')).rejects.toMatchObject({
      code: 'agent/unit-failed',
      message: expect.stringContaining('program "/opt/nowhere/tool" is neither in the node nor on its host'),
    });
  });

  test('a program of the node goes before that of the host', async () => {
    const { supervisor, root } = bench();
    await put('/bin/true', ['#!/bin/sh', 'echo the node has its own']);
    await realFiles.chmod(join(root, 'bin/true'), 0o755);
    await service('a.service', ['Type=oneshot', 'ExecStart=/bin/true']);
    await supervisor.command('a.service', 'start');
    expect(await output('a.service')).toBe('the node has its own\n');
  });

  test('commands before and after run in order, also when it ends by itself', async () => {
    const { supervisor } = bench();
    const say = (text: string) => `/bin/sh -c "echo ${text}"`;
    await service('a.service', [
      `ExecStartPre=-/bin/false`,
      `ExecStartPre=${say('pre')}`,
      `ExecStart=${say('main')}`,
      `ExecStop=${say('stop')}`,
      `ExecStopPost=${say('post $$SERVICE_RESULT')}`,
      'Type=oneshot',
    ]);
    await supervisor.command('a.service', 'start');
    expect((await output('a.service')).split('\n')).toEqual(['pre', 'main', 'stop', 'post success', '']);
    expect(await supervisor.status('a.service')).toMatchObject({ active: 'inactive', sub: 'dead' });
  });

  test('a oneshot runs all of its commands and can remain', async () => {
    const { supervisor } = bench();
    await service('a.service', [
      'Type=oneshot',
      'RemainAfterExit=yes',
      'ExecStart=/bin/echo one ; /bin/echo two',
      'ExecStart=/bin/echo three',
    ]);
    await supervisor.command('a.service', 'start');
    expect(await supervisor.status('a.service')).toMatchObject({ active: 'active', sub: 'exited' });
    expect(await output('a.service')).toBe('one\ntwo\nthree\n');
  });

  test('a failed oneshot fails its start with the reason', async () => {
    const { supervisor } = bench();
    await service('a.service', [
      'Type=oneshot',
      'ExecStart=/bin/sh -c "exit 3"',
      'ExecStart=/bin/echo never',
    ]);
    await expect(supervisor.command('a.service', 'start')).rejects.toMatchObject({
      message: 'cannot start unit "a.service": exited with code 3',
    });
    expect(await output('a.service')).toBe('');
  });

  test('a start that hangs is ended after its time-out', async () => {
    const { supervisor } = bench();
    await service('a.service', ['Type=oneshot', 'ExecStart=/bin/sleep 600', 'TimeoutStartSec=50ms']);
    await expect(supervisor.command('a.service', 'start')).rejects.toMatchObject({
      message: expect.stringContaining('start took longer than 0.05 s'),
    });
    expect(await marked()).toEqual([]);
  });

  test('a service that ignores SIGTERM is killed, with all it started', async () => {
    const { supervisor } = bench();
    await service('a.service', [
      `ExecStart=/bin/sh -c "trap '' TERM; sleep 601 & echo ready; while :; do sleep 600; done"`,
      'TimeoutStopSec=100ms',
    ]);
    await supervisor.command('a.service', 'start');
    await printed('a.service', 'ready');
    await supervisor.command('a.service', 'stop');
    expect(await supervisor.status('a.service')).toMatchObject({
      active: 'failed',
      reason: 'stop took longer than 0.1 s',
    });
    expect(await marked()).toEqual([]);
  });

  test('a process that went its own way is ended with its unit', async () => {
    const { supervisor } = bench();
    await service('a.service', [
      `ExecStart=/bin/sh -c "setsid sh -c 'echo away; exec sleep 602' & exec sleep 603"`,
    ]);
    await supervisor.command('a.service', 'start');
    await printed('a.service', 'away');
    expect(await marked()).toHaveLength(2);
    await supervisor.command('a.service', 'stop');
    expect(await marked()).toEqual([]);
  });

  test('a forking service is followed by its PID file and seen to end', async () => {
    const { supervisor, root } = bench();
    await mkdir(join(root, 'run'));
    await service('a.service', [
      'Type=forking',
      'PIDFile=/run/a.pid',
      `ExecStart=/bin/sh -c 'setsid sleep 604 & echo $$! > %t/a.pid'`,
      'Restart=no',
    ]);
    await supervisor.command('a.service', 'start');
    const running = await until('a.service', ({ pid }) => pid !== undefined);
    expect(String(running.pid)).toBe((await readFile(join(root, 'run/a.pid'), 'utf8')).trim());
    process.kill(running.pid ?? 0, 'SIGKILL');
    await until('a.service', ({ active }) => active === 'inactive');
  });

  test('a reload reaches the main process', async () => {
    const { supervisor } = bench();
    await service('a.service', [
      `ExecStart=/bin/sh -c "trap 'echo again' HUP; echo up; while :; do sleep 0.05; done"`,
      'ExecReload=/bin/sh -c "kill -HUP $MAINPID"',
    ]);
    await supervisor.command('a.service', 'start');
    await printed('a.service', 'up');
    await supervisor.command('a.service', 'reload');
    await printed('a.service', 'again');
    expect(await output('a.service')).toBe('up\nagain\n');
    expect(await supervisor.status('a.service')).toMatchObject({ active: 'active', sub: 'running' });
  });

  test('stopping what is just being started leaves nothing', async () => {
    const { supervisor } = bench();
    await service('a.service', ['Type=oneshot', 'ExecStart=/bin/sleep 605']);
    const start = supervisor.command('a.service', 'start');
    const refused = expect(start).rejects.toMatchObject({ code: 'agent/unit-failed' });
    await until('a.service', ({ sub }) => sub === 'start');
    await supervisor.command('a.service', 'stop');
    await refused;
    expect(await marked()).toEqual([]);
  });
});

describe('several units', () => {
  test('what a unit requires is started first', async () => {
    const { supervisor, root } = bench();
    await mkdir(join(root, 'tmp'));
    const note = (name: string) =>
      `ExecStart=/bin/sh -c "sleep 0.02; echo ${name} >> $MUSTER_ROOT/tmp/order"`;
    await service('c.service', ['Type=oneshot', note('c')], ['Requires=b.service', 'After=b.service']);
    await service(
      'b.service',
      ['Type=oneshot', note('b')],
      ['Wants=a.service absent.service', 'After=a.service'],
    );
    await service('a.service', ['Type=oneshot', note('a')]);
    await supervisor.command('c.service', 'start');
    expect(await readFile(join(root, 'tmp/order'), 'utf8')).toBe('a\nb\nc\n');
  });

  test('a unit does not start when one it requires and follows fails', async () => {
    const { supervisor } = bench();
    await service('b.service', ['ExecStart=/bin/sleep 600'], ['Requires=a.service', 'After=a.service']);
    await service('a.service', ['Type=oneshot', 'ExecStart=/bin/false']);
    await expect(supervisor.command('b.service', 'start')).rejects.toMatchObject({
      message: expect.stringContaining('it requires "a.service"'),
    });
    expect(await supervisor.status('b.service')).toMatchObject({ active: 'inactive' });
  });

  test('units stop along with what they require, and come back with it', async () => {
    const { supervisor } = bench();
    await service('a.service', ['ExecStart=/bin/sleep 600']);
    await service('b.service', ['ExecStart=/bin/sleep 600'], ['Requires=a.service', 'After=a.service']);
    await supervisor.command('b.service', 'start');
    const before = await supervisor.status('b.service');
    await supervisor.command('a.service', 'restart');
    const after = await supervisor.status('b.service');
    expect(after.active).toBe('active');
    expect(after.pid).not.toBe(before.pid);
    await supervisor.command('a.service', 'stop');
    expect(await supervisor.status('b.service')).toMatchObject({ active: 'inactive' });
  });

  test('instances of a template know their names; drop-ins are laid over it', async () => {
    const { supervisor } = bench();
    await put(`/usr/lib/systemd/system/echo@.service`, [
      '[Service]',
      'Type=oneshot',
      'ExecStart=/bin/echo lib',
    ]);
    await put(`${units}/echo@.service.d/20-b.conf`, [
      '[Service]',
      'ExecStart=',
      'ExecStart=/bin/echo %i $WHO',
    ]);
    await put(`/run/systemd/system/echo@one.service.d/10-a.conf`, ['[Service]', 'Environment=WHO=first']);
    await put(`/run/systemd/system/echo@.service.d/20-b.conf`, ['[Service]', 'ExecStart=/bin/echo hidden']);
    await supervisor.command('echo@one.service', 'start');
    await supervisor.command('echo@two.service', 'start');
    expect(await output('echo@one.service')).toBe('one first\n');
    expect(await output('echo@two.service')).toBe('two\n');
    await expect(supervisor.command('echo@.service', 'start')).rejects.toMatchObject({
      code: 'agent/unit-bad',
    });
  });

  test('masked, missing, foreign and reloaded units', async () => {
    const { supervisor, root } = bench();
    await mkdir(join(root, units), { recursive: true });
    await put('/usr/lib/systemd/system/a.service', ['[Service]', 'Type=oneshot', 'ExecStart=/bin/echo old']);
    await symlink('/dev/null', join(root, units, 'a.service'));
    await put(`${units}/b.timer`, ['[Timer]', 'OnCalendar=daily']);
    await expect(supervisor.command('a.service', 'start')).rejects.toMatchObject({
      code: 'agent/unit-masked',
    });
    await expect(supervisor.command('x.service', 'start')).rejects.toMatchObject({
      code: 'agent/unit-not-found',
    });
    await expect(supervisor.command('b.timer', 'start')).rejects.toMatchObject({ code: 'agent/unit-bad' });
    expect((await supervisor.list()).map(({ name, load }) => [name, load])).toEqual([
      ['a.service', 'masked'],
      ['b.timer', 'error'],
    ]);
    await rm(join(root, units, 'a.service'));
    await supervisor.command('a.service', 'start');
    await put(`${units}/a.service`, ['[Service]', 'Type=oneshot', 'ExecStart=/bin/echo new']);
    expect(await supervisor.reload()).toBe('changed');
    expect(await supervisor.reload()).toBe('unchanged');
    await supervisor.command('a.service', 'start');
    expect(await output('a.service')).toBe('old\nnew\n');
  });

  test('a target pulls in what is enabled for it', async () => {
    const { supervisor } = bench();
    await put(`${units}/a.service`, [
      '[Service]',
      'ExecStart=/bin/sleep 600',
      '[Install]',
      'WantedBy=multi-user.target',
    ]);
    expect(await supervisor.enable('a.service', { isRuntime: false })).toBe('changed');
    expect(await supervisor.enable('a.service', { isRuntime: false })).toBe('unchanged');
    await supervisor.command('multi-user.target', 'start');
    expect((await supervisor.list()).map(({ name, active }) => [name, active])).toEqual([
      ['a.service', 'active'],
      ['multi-user.target', 'active'],
    ]);
  });

  test('stopAll ends everything, whatever its kill mode, and nothing starts again', async () => {
    const { supervisor } = bench();
    await service('a.service', ['ExecStart=/bin/sh -c "sleep 606 & exec sleep 607"', 'KillMode=process']);
    await service('b.service', ['ExecStart=/bin/sh -c "exit 1"', 'Restart=always', 'RestartSec=1h']);
    await service('c.service', ['ExecStart=/bin/sleep 608', 'KillMode=none', 'Restart=always']);
    for (const name of ['a.service', 'b.service', 'c.service']) await supervisor.command(name, 'start');
    await until('b.service', ({ sub }) => sub === 'auto-restart');
    await supervisor.stopAll();
    expect(await marked()).toEqual([]);
    expect((await supervisor.list()).filter(({ active }) => active !== 'inactive')).toEqual([]);
    await expect(supervisor.command('a.service', 'start')).rejects.toMatchObject({
      code: 'agent/supervisor-stopped',
    });
  });
});

describe('builtin units', () => {
  const waits = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  test('a builtin is active once it says so, gets its environment, and ends when stopped', async () => {
    const seen: string[] = [];
    await rm(bench().root, { recursive: true });
    const { supervisor } = await open(
      new Map<string, BuiltinUnit>([
        [
          'etcd2.service',
          async ({ environment, onReady }, signal) => {
            seen.push(environment.ETCD_NAME ?? '');
            onReady();
            await waits(signal);
            seen.push('ended');
          },
        ],
      ]),
    );
    await put('/run/systemd/system/etcd2.service.d/20-cloudinit.conf', [
      '[Service]',
      'Environment="ETCD_NAME=core-01"',
    ]);
    await supervisor.command('etcd2', 'start');
    expect(await supervisor.status('etcd2.service')).toEqual({
      name: 'etcd2.service',
      load: 'loaded',
      active: 'active',
      sub: 'running',
    });
    await supervisor.command('etcd2.service', 'stop');
    expect(seen).toEqual(['core-01', 'ended']);
  });

  test('a builtin that fails is started again', async () => {
    const runs = { count: 0 };
    await rm(bench().root, { recursive: true });
    const { supervisor } = await open(
      new Map<string, BuiltinUnit>([
        [
          'fleet.service',
          async ({ onReady }, signal) => {
            runs.count += 1;
            if (runs.count === 1) throw new Error('the port is taken');
            onReady();
            await waits(signal);
          },
        ],
      ]),
    );
    await put('/etc/systemd/system/fleet.service.d/a.conf', ['[Service]', 'RestartSec=1ms']);
    await expect(supervisor.command('fleet.service', 'start')).rejects.toMatchObject({
      message: expect.stringContaining('the port is taken'),
    });
    await until('fleet.service', ({ active }) => active === 'active');
  });
});
