// SPDX-License-Identifier: Apache-2.0

import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Action, ActionKind } from '../cloudconfig/index.js';
import { type Exec, silentLog } from '../effects/index.js';
import { type MemoryFiles, memoryFiles } from '../effects/testing.js';
import { mergeKeys } from './actions/keys.js';
import { type ActionDeps, performActions } from './actions.js';
import { fail } from './errors.js';
import { recordedSupervisor } from './testing.js';

const root = '/srv/node';
const noExec: Exec = {
  run: async () => ({ code: 0, signal: undefined, stdout: '', stderr: '' }),
  spawn: () => Promise.reject(new Error('nothing is spawned here')),
  sight: async () => undefined,
  findByEnvironment: async () => [],
  signal: async () => {},
};

interface Bench extends ActionDeps {
  readonly files: MemoryFiles;
  readonly said: readonly string[];
}

async function bench(isSuperuser = true): Promise<Bench> {
  const files = memoryFiles();
  await files.makeFolder(`${root}/etc`);
  await files.write(`${root}/etc/passwd`, 'core:x:500:501::/home/core:/bin/bash\nbad line\n');
  await files.write(`${root}/etc/group`, 'core:x:501:\nstaff:x:50:core\n');
  const { supervisor, said } = recordedSupervisor();
  const httpGet = async () => ({ status: 200, headers: {}, body: Buffer.from('[{"key": "ssh-rsa C c"}]') });
  return { files, exec: noExec, httpGet, log: silentLog, isSuperuser, supervisor, said };
}

function write(path: string, part: Partial<Action & { kind: 'write-file' }> = {}): Action {
  return {
    kind: 'write-file',
    path,
    content: 'x\n',
    encoding: 'utf8',
    mode: 0o644,
    owner: '',
    reason: 'r',
    ...part,
  };
}

function because(action: ActionKind): Action {
  return { ...action, reason: 'r' };
}

async function outcomes(deps: ActionDeps, actions: readonly Action[]) {
  const reports = await performActions(deps, root, actions);
  return reports.map(({ outcome, message }) => (message === undefined ? outcome : `${outcome}: ${message}`));
}

test('a second run of the same actions changes nothing', async () => {
  const deps = await bench();
  const actions = [
    because({ kind: 'set-hostname', hostname: 'core-01' }),
    because({ kind: 'authorize-keys', user: 'core', keys: ['ssh-rsa A a', 'ssh-rsa B b'] }),
    write('/opt/bin/tool', { mode: 0o4755, owner: 'core:staff' }),
    write('/etc/blob', { content: Buffer.from([0, 255, 10]).toString('base64'), encoding: 'base64' }),
    because({ kind: 'link', path: '/etc/systemd/system/a.service', target: '/dev/null' }),
    because({ kind: 'link', path: '/run/systemd/system/b.service', target: '/dev/null' }),
    because({ kind: 'import-keys', user: 'core', url: 'https://keys.example/core' }),
    because({ kind: 'set-variables', path: '/etc/a.conf', template: '/etc/group', variables: { A: '1' } }),
    because({ kind: 'unmask', path: '/run/systemd/system/c.service' }),
  ];
  expect(await outcomes(deps, actions)).toEqual([...Array(8).fill('changed'), 'unchanged']);
  const after = deps.files.paths();
  expect(await outcomes(deps, actions)).toEqual(Array(9).fill('unchanged'));
  expect(deps.files.paths()).toEqual(after);
});

test('what fails is reported with its reason, and the rest is done', async () => {
  const deps = await bench();
  expect(
    await outcomes(deps, [write('/../x'), write('/etc'), write('/etc/passwd/x'), write('/etc/ok')]),
  ).toEqual([
    'failed: path "/../x" leads outside of the node root "/srv/node": it holds ".."',
    'failed: cannot write "/etc": a directory is there',
    'failed: cannot make folder "/etc/passwd": a file is there',
    'changed',
  ]);
});

test('a stop is heeded between two actions', async () => {
  const stop = new AbortController();
  const deps = { ...(await bench()), ...recordedSupervisor(async () => stop.abort()) };
  const start = because({ kind: 'command-unit', unit: 'a.service', command: 'start' });
  expect(await performActions(deps, root, [start, start], stop.signal)).toHaveLength(1);
});

describe('write-file', () => {
  test('keeps special bits and gives the owner of the node', async () => {
    const deps = await bench();
    await outcomes(deps, [write('/opt/x', { mode: 0o1600, owner: 'core:staff' })]);
    expect(await deps.files.stat(`${root}/opt/x`)).toMatchObject({ mode: 0o1600, uid: 500, gid: 50 });
    expect(await deps.files.stat(`${root}/opt`)).toMatchObject({ kind: 'directory', mode: 0o755 });
  });

  test.each([
    ['root', { uid: 0, gid: 0 }],
    ['core', { uid: 500, gid: 0 }],
    ['core:', { uid: 500, gid: 501 }],
    [':staff', { uid: 0, gid: 50 }],
    ['7:8', { uid: 7, gid: 8 }],
  ])('owner "%s"', async (owner, wanted) => {
    const deps = await bench();
    expect(await outcomes(deps, [write('/x', { owner })])).toEqual(['changed']);
    expect(await deps.files.stat(`${root}/x`)).toMatchObject(wanted);
  });

  test('says when the owner cannot be given', async () => {
    expect(
      await outcomes(await bench(), [write('/x', { owner: 'web' }), write('/y', { owner: 'root:web' })]),
    ).toEqual([
      'changed: owner "web" is not set: the node has no user "web"',
      'changed: owner "root:web" is not set: the node has no group "web"',
    ]);
    expect(await outcomes(await bench(false), [write('/x', { owner: 'core' })])).toEqual([
      'changed: owner "core" is not set: not run by root',
    ]);
  });

  test('corrects content, mode or owner that is not as wanted', async () => {
    const deps = await bench();
    const action = write('/x', { owner: 'core' });
    await outcomes(deps, [action]);
    await deps.files.chmod(`${root}/x`, 0o600);
    expect(await outcomes(deps, [action, action])).toEqual(['changed', 'unchanged']);
    await deps.files.chown(`${root}/x`, 0, 0);
    expect(await outcomes(deps, [action, action])).toEqual(['changed', 'unchanged']);
    await deps.files.write(`${root}/x`, 'y\n', { mode: 0o644, uid: 500 });
    expect(await outcomes(deps, [action, action])).toEqual(['changed', 'unchanged']);
  });

  test('replaces a link and never writes through one', async () => {
    const deps = await bench();
    await deps.files.makeFolder('/outside');
    await deps.files.link('/outside/target', `${root}/x`);
    await deps.files.link('/outside', `${root}/away`);
    expect(await outcomes(deps, [write('/x'), write('/away/y')])).toEqual([
      'changed',
      expect.stringContaining('leads outside of the node root'),
    ]);
    expect(await deps.files.readText(`${root}/x`)).toBe('x\n');
    expect(deps.files.paths().filter((path) => path.startsWith('/outside/'))).toEqual([]);
  });
});

describe('masks', () => {
  const path = '/run/systemd/system/a.service';
  const unmask = because({ kind: 'unmask', path });

  test('a null link and an empty file are removed, a unit stays', async () => {
    const deps = await bench();
    await outcomes(deps, [because({ kind: 'link', path, target: '/dev/null' })]);
    expect(await outcomes(deps, [unmask, unmask])).toEqual(['changed', 'unchanged']);
    await outcomes(deps, [write(path, { content: '' })]);
    expect(await outcomes(deps, [unmask, unmask])).toEqual(['changed', 'unchanged']);
    await outcomes(deps, [write(path)]);
    expect(await outcomes(deps, [unmask])).toEqual(['unchanged']);
    expect(await deps.files.readText(`${root}${path}`)).toBe('x\n');
  });

  test('a mask takes the place of a unit file, not of a folder', async () => {
    const deps = await bench();
    const mask = because({ kind: 'link', path, target: '/dev/null' });
    expect(await outcomes(deps, [write(path), mask])).toEqual(['changed', 'changed']);
    const folder = because({ kind: 'link', path: '/run/systemd', target: '/dev/null' });
    expect(await outcomes(deps, [folder])).toEqual([
      'failed: cannot write "/run/systemd": a directory is there',
    ]);
  });
});

describe('authorize-keys', () => {
  test('keys go to the home of the user, private to it', async () => {
    const deps = await bench();
    await outcomes(deps, [
      because({ kind: 'authorize-keys', user: 'core', keys: [' ssh-rsa A ', 'ssh-rsa A'] }),
    ]);
    const place = `${root}/home/core/.ssh`;
    expect(await deps.files.readText(`${place}/authorized_keys`)).toBe('ssh-rsa A\n');
    expect(await deps.files.stat(`${place}/authorized_keys`)).toMatchObject({
      mode: 0o600,
      uid: 500,
      gid: 501,
    });
    expect(await deps.files.stat(place)).toMatchObject({ mode: 0o700, uid: 500 });
    expect(await deps.files.stat(`${root}/home`)).toMatchObject({ mode: 0o755 });
  });

  test('any name that `users` takes has keys', async () => {
    const deps = await bench();
    const user = 'jane.doe';
    expect(await outcomes(deps, [because({ kind: 'authorize-keys', user, keys: ['k'] })])).toEqual([
      'changed',
    ]);
    expect(await deps.files.readText(`${root}/home/jane.doe/.ssh/authorized_keys`)).toBe('k\n');
  });

  test.each([
    ['.ssh', '/srv/node/root/.ssh'],
    ['.ssh/authorized_keys', '/srv/node/etc/shadow'],
  ])('a link that the user put at ~/%s is not written through', async (path, target) => {
    const deps = await bench();
    const link = `${root}/home/core/${path}`;
    await deps.files.makeFolder(`${root}/root/.ssh`);
    await deps.files.makeFolder(dirname(link));
    await deps.files.write(`${root}/etc/shadow`, 'root:$6$hash\n');
    await deps.files.link(target, link);
    await deps.files.chown(link, 500, 501);
    const [outcome] = await outcomes(deps, [because({ kind: 'authorize-keys', user: 'core', keys: ['k'] })]);
    expect(outcome).toContain('is a link that is not of root');
    expect(await deps.files.stat(`${root}/root/.ssh`)).toMatchObject({ uid: 0 });
    expect(await deps.files.readText(`${root}/etc/shadow`)).toBe('root:$6$hash\n');
  });

  test.each(['../x', 'a/b', '', '-x'])('user %j is refused', async (user) => {
    const [outcome] = await outcomes(await bench(), [because({ kind: 'authorize-keys', user, keys: ['k'] })]);
    expect(outcome).toContain('that is not a user name');
  });

  test('merging keeps what is there', () => {
    expect(mergeKeys('# mine\nssh-rsa A', ['ssh-rsa A', 'ssh-rsa B\nssh-rsa C', ''])).toBe(
      '# mine\nssh-rsa A\nssh-rsa B\nssh-rsa C\n',
    );
    expect(mergeKeys('ssh-rsa A', ['ssh-rsa A'])).toBe('ssh-rsa A');
  });
});

test('the files of accounts keep their owner and mode: /etc/shadow that of its group', async () => {
  const deps = await bench();
  const place = `${root}/etc/shadow`;
  await deps.files.write(place, 'core:*::0:99999:7:::\n', { mode: 0o640, uid: 0, gid: 42 });
  const empty = { gecos: '', homeDir: '', primaryGroup: '', groups: [], shell: '' };
  const unset = {
    noCreateHome: undefined,
    noUserGroup: undefined,
    isSystem: undefined,
    noLogInit: undefined,
  };
  const account = { name: 'web', passwordHash: '', ...empty, ...unset };
  expect(await outcomes(deps, [because({ kind: 'ensure-user', account })])).toEqual(['changed']);
  expect(await deps.files.readText(place)).toContain('web:*:');
  expect(await deps.files.stat(place)).toMatchObject({ mode: 0o640, uid: 0, gid: 42 });
});

test('units are the supervisor’s business, and so are their errors', async () => {
  const refuse = async (call: string) => {
    if (call.includes('x.service')) throw fail('agent/unit-not-found', { unit: 'x.service' });
  };
  const { supervisor, said } = recordedSupervisor(refuse);
  const deps = { ...(await bench()), supervisor };
  expect(
    await outcomes(deps, [
      because({ kind: 'enable-unit', unit: 'a.service', isRuntime: true }),
      because({ kind: 'reload-units' }),
      because({ kind: 'command-unit', unit: 'x.service', command: 'start' }),
      because({ kind: 'command-unit', unit: 'a.service', command: 'restart' }),
    ]),
  ).toEqual(['changed', 'changed', 'failed: unit "x.service" is not found', 'changed']);
  expect(said).toEqual(['enable a.service runtime', 'reload', 'start x.service', 'restart a.service']);
});
