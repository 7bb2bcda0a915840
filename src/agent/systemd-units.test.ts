// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { Exec, RunResult } from '../effects/index.js';
import { memoryFiles } from '../effects/testing.js';
import { parseShow, parseShown } from './systemd-show.js';
import { openSystemdUnits } from './systemd-units.js';

function recorded(answer: Partial<RunResult> = {}) {
  const said: string[] = [];
  const exec: Exec = {
    async run(command, args) {
      said.push([command, ...args].join(' '));
      return { code: 0, signal: undefined, stdout: '', stderr: '', ...answer };
    },
    spawn: () => Promise.reject(new Error('nothing is spawned here')),
    sight: async () => undefined,
    findByEnvironment: async () => [],
    signal: async () => {},
  };
  return { said, exec };
}

const loaded = 'LoadState=loaded\nActiveState=active\nSubState=running\n';

test('systemctl is asked in its own words', async () => {
  const { said, exec } = recorded({ stdout: loaded });
  const units = openSystemdUnits({ exec, files: memoryFiles() }, '/');
  await units.reload();
  await units.enable('a.service', { isRuntime: true });
  await units.command('a.service', 'reload-or-restart');
  await openSystemdUnits({ exec, files: memoryFiles() }, '/mnt').enable('b.service', { isRuntime: false });
  expect(said.filter((line) => !line.startsWith('systemctl show'))).toEqual([
    'systemctl daemon-reload',
    'systemctl enable --force --runtime -- a.service',
    'systemctl reload-or-restart -- a.service',
    'systemctl --root=/mnt enable --force -- b.service',
  ]);
});

test('a refusal says what systemctl said', async () => {
  const { exec } = recorded({ code: 5, stderr: 'Unit x.service not found.\n' });
  await expect(
    openSystemdUnits({ exec, files: memoryFiles() }, '/').enable('x.service', { isRuntime: false }),
  ).rejects.toMatchObject({
    code: 'agent/systemd-refused',
    message: 'cannot enable unit "x.service": Unit x.service not found.',
  });
});

test.each([
  ['start', 'active', 'unchanged'],
  ['restart', 'active', 'changed'],
  ['stop', 'inactive', 'unchanged'],
  ['stop', 'failed', 'unchanged'],
  ['try-restart', 'inactive', 'unchanged'],
] as const)('%s of a unit that is %s: %s', async (command, active, expected) => {
  const { exec } = recorded({ stdout: `LoadState=loaded\nActiveState=${active}\n` });
  expect(await openSystemdUnits({ exec, files: memoryFiles() }, '/').command('a.service', command)).toBe(
    expected,
  );
});

test.each([
  ['not-found', 'agent/unit-not-found'],
  ['masked', 'agent/unit-masked'],
  ['bad-setting', 'agent/unit-bad'],
])('nothing is done to a unit that is %s', async (load, code) => {
  const { exec, said } = recorded({ stdout: `LoadState=${load}\nActiveState=inactive\n` });
  await expect(
    openSystemdUnits({ exec, files: memoryFiles() }, '/').command('a.service', 'start'),
  ).rejects.toMatchObject({ code });
  expect(said).toHaveLength(1);
});

test('several units are looked at in one go', () => {
  const text = `${show('active', 'running', 'simple', ['MainPID=42'])}\n\n${show('failed', 'failed', 'oneshot')}\n`;
  expect(parseShown(['a.service', 'b.service'], text)).toMatchObject([
    { name: 'a.service', active: 'active', pid: 42 },
    { name: 'b.service', active: 'failed' },
  ]);
});

test.each([
  ['enabled', false, true],
  ['static', false, true],
  ['disabled', false, false],
  ['masked', false, false],
  ['enabled-runtime', false, false],
  ['enabled-runtime', true, true],
])('"%s" counts as enabled (runtime: %s): %s', async (stdout, isRuntime, expected) => {
  const { exec } = recorded({ stdout: `${stdout}\n`, code: expected ? 0 : 1 });
  expect(
    await openSystemdUnits({ exec, files: memoryFiles() }, '/').isEnabled('a.service', { isRuntime }),
  ).toBe(expected);
});

// As systemd 252 prints them.
const show = (active: string, sub: string, type: string, rest: readonly string[] = []) =>
  [`Type=${type}`, 'LoadState=loaded', `ActiveState=${active}`, `SubState=${sub}`, ...rest].join('\n');
const ended = ['Result=success', 'ExecMainExitTimestampMonotonic=8123456'];
const never = ['Result=success', 'ExecMainExitTimestampMonotonic=0'];

test.each([
  ['runs', show('active', 'running', 'simple'), { active: 'active', sub: 'running' }],
  ['reloads', show('reloading', 'reload', 'notify'), { active: 'active' }],
  ['has done its work', show('inactive', 'dead', 'oneshot', ended), { active: 'inactive', isDone: true }],
  ['was stopped', show('inactive', 'dead', 'simple', ended), { active: 'inactive' }],
  ['never ran', show('inactive', 'dead', 'oneshot', never), { active: 'inactive' }],
  [
    'failed',
    show('failed', 'failed', 'oneshot', ['Result=exit-code', 'ExecMainStatus=3']),
    { active: 'failed', reason: 'exited with code 3' },
  ],
  [
    'has an unmet condition',
    show('inactive', 'dead', 'simple', ['ConditionResult=no', 'ConditionTimestampMonotonic=42']),
    { isDone: true },
  ],
])('a unit that %s', (_what, text, expected) => {
  const status = parseShow('a.service', text);
  expect(status).toMatchObject({ name: 'a.service', load: 'loaded', ...expected });
  expect('isDone' in status).toBe('isDone' in expected);
});

test('a unit that is nowhere', () => {
  expect(parseShow('x.service', 'LoadState=not-found\nActiveState=inactive\nSubState=dead\n')).toEqual({
    name: 'x.service',
    load: 'not-found',
    active: 'inactive',
    sub: 'dead',
  });
});
