// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { parseUnitFile } from '../units/index.js';
import { unitLinksOf } from './unit-links.js';
import { unitName } from './unit-name.js';
import { settingsOf, type UnitSettings } from './unit-settings.js';

const facts = {
  unit: unitName('a@b.service'),
  machineId: 'abc',
  bootId: 'b007',
  hostname: 'core-01',
  folderPrefix: '/srv/node',
};

function read(texts: readonly string[], isBuiltin = false) {
  const files = texts.map((text) => parseUnitFile(text).unit);
  return settingsOf(files, facts, { isBuiltin });
}

function settings(...texts: readonly string[]): UnitSettings {
  const result = read(texts);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.settings;
}

function service(...lines: readonly string[]): UnitSettings {
  return settings(['[Service]', 'ExecStart=/bin/a', ...lines].join('\n'));
}

test('a plain service has systemd’s defaults', () => {
  expect(service()).toMatchObject({
    description: 'a@b.service',
    killMode: 'control-group',
    killSignal: 'SIGTERM',
    environment: {},
    workingFolder: undefined,
    policy: {
      type: 'simple',
      restart: 'no',
      restartMs: 100,
      startTimeoutMs: 90_000,
      stopTimeoutMs: 90_000,
      startLimit: { intervalMs: 10_000, burst: 5 },
      remainsAfterExit: false,
    },
  });
});

test('drop-ins add to lists, empty values reset them, the last single value counts', () => {
  const found = settings(
    '[Service]\nExecStart=/bin/a\nExecStartPre=/bin/1\nEnvironment=A=1\nRestart=no\nUser=x',
    '[Service]\nExecStart=\nExecStart=/bin/b\nExecStartPre=/bin/2\nRestart=always',
    '[Service]\nEnvironment="B=2 3" A=4\nWorkingDirectory=/x\nWorkingDirectory=',
  );
  expect(found.commands.start.map(({ program }) => program)).toEqual(['/bin/b']);
  expect(found.commands['start-pre'].map(({ program }) => program)).toEqual(['/bin/1', '/bin/2']);
  expect(found.environment).toEqual({ A: '4', B: '2 3' });
  expect(found.policy.restart).toBe('always');
  expect(found.policy.counts['start-pre']).toBe(2);
  expect(found.workingFolder).toBeUndefined();
});

test('specifiers are paths of the host in arguments, and of the node in settings', () => {
  const found = service(
    'ExecStop=%t/stop %t/x %i',
    'Environment=DIR=%S/%p',
    'EnvironmentFile=-%t/env',
    'WorkingDirectory=%S',
    'PIDFile=a.pid',
  );
  expect(found.commands.stop).toMatchObject([{ program: '/run/stop', args: ['/srv/node/run/x', 'b'] }]);
  expect(found.environment).toEqual({ DIR: '/srv/node/var/lib/a' });
  expect(found.environmentFiles).toEqual([{ path: '/run/env', isOptional: true }]);
  expect(found.workingFolder).toEqual({ path: '/var/lib', isOptional: false });
  expect(found.pidFile).toBe('/run/a.pid');
});

describe('policies', () => {
  test('times', () => {
    expect(service('TimeoutSec=5', 'TimeoutStopSec=0', 'RestartSec=1min').policy).toMatchObject({
      startTimeoutMs: 5_000,
      stopTimeoutMs: Number.POSITIVE_INFINITY,
      restartMs: 60_000,
    });
    expect(service('TimeoutStartSec=soon').policy.startTimeoutMs).toBe(90_000);
    expect(service('Type=oneshot').policy.startTimeoutMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('start limits, also where they once stood', () => {
    const limit = (text: string) => settings(`${text}\n[Service]\nExecStart=/bin/a`).policy.startLimit;
    expect(limit('[Unit]\nStartLimitIntervalSec=0')).toEqual({ intervalMs: 0, burst: 5 });
    expect(limit('[Unit]\nStartLimitInterval=1min\nStartLimitBurst=3')).toEqual({
      intervalMs: 60_000,
      burst: 3,
    });
    expect(service('StartLimitBurst=9').policy.startLimit.burst).toBe(9);
  });

  test('exit lists', () => {
    expect(service('SuccessExitStatus=1 2 SIGKILL', 'SuccessExitStatus=USR1').policy.success).toEqual({
      codes: [1, 2],
      signals: ['SIGKILL', 'SIGUSR1'],
    });
  });

  test.each([
    ['notify', 'notify'],
    ['dbus', 'notify'],
    ['forking', 'forking'],
    ['idle', 'simple'],
  ])('Type=%s is %s', (written, type) => {
    expect(service(`Type=${written}`).policy.type).toBe(type);
  });

  test('how it is ended', () => {
    expect(service('KillMode=mixed', 'KillSignal=INT')).toMatchObject({
      killMode: 'mixed',
      killSignal: 'SIGINT',
    });
    expect(service('KillMode=nonsense', 'KillSignal=SIGUSR1')).toMatchObject({
      killMode: 'control-group',
      killSignal: 'SIGTERM',
    });
  });
});

test.each([
  ['[Service]', 'neither ExecStart= nor ExecStop='],
  ['[Service]\nType=simple\nExecStop=/bin/a', 'no ExecStart='],
  ['[Service]\nExecStart=/bin/a\nExecStart=/bin/b', 'more than one ExecStart='],
  ['[Service]\nType=oneshot\nRestart=always\nExecStart=/bin/a', 'Restart=always is not allowed'],
  ['[Service]\nExecStart=/bin/a "x', 'a quote is not closed'],
])('%j cannot be run', (text, reason) => {
  expect(read([text])).toEqual({ kind: 'bad', reason: expect.stringContaining(reason) });
});

test('a builtin needs no command and is started again after failures; a command takes its place', () => {
  expect(read([], true)).toMatchObject({
    settings: { policy: { type: 'builtin', restart: 'on-failure', restartMs: 2_000 } },
  });
  const dropIn = '[Service]\nRestart=no\nRestartSec=5\nEnvironment=ETCD_NAME=x';
  expect(read([dropIn], true)).toMatchObject({
    settings: {
      policy: { type: 'builtin', restart: 'no', restartMs: 5_000 },
      environment: { ETCD_NAME: 'x' },
    },
  });
  expect(read(['[Service]\nExecStart=/usr/bin/etcd'], true)).toMatchObject({
    settings: { policy: { type: 'simple', restart: 'no' } },
  });
});

test('links and installation', () => {
  const text = [
    '[Unit]',
    'Requires=x.service y@%i.service',
    'PartOf=p.service',
    'Wants=w.service',
    'Wants=',
    'After=x.service x.service',
    '[Install]',
    'WantedBy=multi-user.target',
    'Alias=%p-alias.service',
  ].join('\n');
  expect(unitLinksOf([parseUnitFile(text).unit], facts)).toEqual({
    links: {
      requires: ['x.service', 'y@b.service'],
      wants: [],
      after: ['x.service'],
      before: [],
      conflicts: [],
      stopsWith: ['x.service', 'y@b.service', 'p.service'],
    },
    install: { wantedBy: ['multi-user.target'], requiredBy: [], aliases: ['a-alias.service'], also: [] },
  });
});

test('conditions', () => {
  const found = settings(
    '[Unit]\nConditionPathExists=!/etc/x\nConditionPathIsDirectory=|/var/%i\n[Service]\nExecStart=/bin/a',
  );
  expect(found.conditions).toEqual([
    { check: 'path-exists', path: '/etc/x', isNegated: true, isTrigger: false },
    { check: 'path-is-folder', path: '/var/b', isNegated: false, isTrigger: true },
  ]);
});
