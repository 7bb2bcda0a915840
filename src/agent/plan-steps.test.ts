// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { Action, ActionKind, UnitCommand } from '../cloudconfig/index.js';
import type { Observed } from './observe.js';
import { planSteps } from './plan-steps.js';
import type { UnitStatus } from './supervisor.js';

function because(action: ActionKind): Action {
  return { ...action, reason: 'r' };
}

function file(path: string, gap?: string, content = 'x'): Observed {
  const action = because({ kind: 'write-file', path, content, encoding: 'utf8', mode: 0o644, owner: '' });
  return { action, gap };
}

function command(name: UnitCommand, active: UnitStatus['active'], part: Partial<UnitStatus> = {}): Observed {
  const unit: UnitStatus = { name: 'a.service', load: 'loaded', active, sub: active, ...part };
  return {
    action: because({ kind: 'command-unit', unit: 'a.service', command: name }),
    gap: undefined,
    unit,
  };
}

const reload: Observed = { action: because({ kind: 'reload-units' }), gap: undefined };
const own = file('/etc/systemd/system/a.service', 'its content differs');
const other = file('/etc/motd', 'it is missing');

function planned(...observed: readonly Observed[]) {
  return planSteps(observed).map(({ action, why }) => {
    const what = 'path' in action ? action.path : 'command' in action ? action.command : action.kind;
    return `${what}: ${why}`;
  });
}

test('nothing is done on a machine that lacks nothing', () => {
  expect(
    planned(file('/etc/motd'), reload, command('start', 'active'), command('restart', 'active')),
  ).toEqual([]);
});

test('of several that write a path the last one counts', () => {
  const mask: Observed = {
    action: because({ kind: 'link', path: '/etc/x', target: '/dev/null' }),
    gap: 'a file is there',
  };
  expect(planned(file('/etc/x', 'it is missing'), file('/etc/y'), mask)).toEqual(['/etc/x: a file is there']);
  expect(planned(file('/etc/x', 'its content differs'), file('/etc/x', undefined, 'y'))).toEqual([]);
});

test('units are reloaded when a file of one changes, and not for other files', () => {
  expect(planned(other, reload)).toEqual(['/etc/motd: it is missing']);
  expect(planned(own, reload)).toContain('reload-units: unit files change');
  expect(planned(file('/run/systemd/system/b.service.d/1.conf', 'it is missing'), reload)).toHaveLength(2);
});

// What is done with the unit: nothing changes; another file changes; its own file changes.
test.each<[UnitCommand, UnitStatus['active'], string, string, string]>([
  ['start', 'inactive', 'start', 'start', 'start'],
  ['start', 'failed', 'start', 'start', 'start'],
  ['start', 'active', '', '', 'restart'],
  ['start', 'activating', '', '', 'restart'],
  ['stop', 'inactive', '', '', ''],
  ['stop', 'active', 'stop', 'stop', 'stop'],
  ['restart', 'inactive', 'restart', 'restart', 'restart'],
  ['restart', 'active', '', 'restart', 'restart'],
  ['reload-or-restart', 'active', '', 'reload-or-restart', 'reload-or-restart'],
  ['reload', 'active', '', 'reload', 'reload'],
  ['try-restart', 'active', '', 'try-restart', 'try-restart'],
  ['try-restart', 'inactive', '', '', ''],
  ['reload-or-try-restart', 'inactive', '', '', ''],
])('%s of a unit that is %s', (name, active, alone, withOther, withOwn) => {
  const done = (...before: readonly Observed[]) => {
    const last = planSteps([...before, command(name, active)]).at(-1)?.action;
    return last?.kind === 'command-unit' ? last.command : '';
  };
  expect([done(), done(other), done(own)]).toEqual([alone, withOther, withOwn]);
});

test('a oneshot that has run is run again when its file changes, not otherwise', () => {
  const done = command('start', 'inactive', { isDone: true });
  expect(planned(other, done)).toHaveLength(1);
  expect(planned(own, done)).toContain('start: it is inactive');
});

test('an instance is restarted when its template changes', () => {
  const instance = command('start', 'active');
  const action = because({ kind: 'command-unit', unit: 'web@1.service', command: 'start' });
  const template = file('/etc/systemd/system/web@.service.d/10.conf', 'it is missing');
  expect(planned(template, { ...instance, action })).toContain('restart: its files change');
});

test('a unit whose file changes is enabled again', () => {
  const enable = because({ kind: 'enable-unit', unit: 'a.service', isRuntime: false });
  expect(planned({ action: enable, gap: undefined })).toEqual([]);
  expect(planned(own, { action: enable, gap: undefined })).toContain('enable-unit: its file changes');
  expect(planned({ action: enable, gap: 'it is not enabled' }, reload)).toHaveLength(2);
});
