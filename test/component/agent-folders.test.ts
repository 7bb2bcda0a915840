// SPDX-License-Identifier: Apache-2.0

import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { performActions } from '../../src/agent/index.js';
import { recordedSupervisor } from '../../src/agent/testing.js';
import type { Action } from '../../src/cloudconfig/index.js';
import { type Files, realExec, realFiles, realHttpGet, silentLog } from '../../src/effects/index.js';

/** What a user of the machine does while root works in their home. */
type Meanwhile = (place: string) => Promise<void>;

const user = { uid: 4242, gid: 4242 };
const isRoot = process.getuid?.() === 0;
const keys: Action = { kind: 'authorize-keys', user: 'core', keys: ['ssh-ed25519 K'], reason: 'r' };
const bashrc: Action = {
  ...{ kind: 'write-file', path: '/home/core/conf/rc', content: 'x\n', encoding: 'utf8', mode: 0o644 },
  ...{ owner: '', reason: 'r' },
};
const state = { root: '' };

beforeEach(async () => {
  state.root = await mkdtemp(join(tmpdir(), 'muster-folders-'));
  for (const folder of ['etc', 'home/core/.ssh', 'home/core/conf', 'root/.ssh'])
    await mkdir(join(state.root, folder), { recursive: true });
  await writeFile(join(state.root, 'etc/passwd'), `core:x:${user.uid}:${user.gid}::/home/core:/bin/sh\n`);
  await writeFile(join(state.root, 'root/.ssh/authorized_keys'), 'secret\n');
  if (isRoot)
    for (const path of ['', '/.ssh', '/conf'])
      await chown(join(state.root, `home/core${path}`), user.uid, user.gid);
});

afterEach(() => rm(state.root, { recursive: true, force: true }));

/** The real files, with a user who acts just before root's first call of one kind at a place that ends so. */
function watched(call: 'openFolder' | 'stat' | 'write', ending: string, act: Meanwhile): Files {
  let isDone = false;
  const before = async (path: string) => {
    if (isDone || !path.endsWith(ending)) return;
    isDone = true;
    await act(path);
  };
  return {
    ...realFiles,
    openFolder: async (path) => {
      if (call === 'openFolder') await before(path);
      return await realFiles.openFolder(path);
    },
    stat: async (path) => {
      const found = await realFiles.stat(path);
      if (call === 'stat') await before(path);
      return found;
    },
    write: async (path, content, options) => {
      if (call === 'write') await before(path);
      await realFiles.write(path, content, options);
    },
  };
}

async function perform(action: Action, files: Files): Promise<string> {
  const { supervisor } = recordedSupervisor();
  const deps = {
    files,
    exec: realExec,
    httpGet: realHttpGet,
    log: silentLog,
    supervisor,
    isSuperuser: isRoot,
  };
  const [report] = await performActions(deps, state.root, [action]);
  return `${report?.outcome}: ${report?.message}`;
}

/** Puts a link in place of a folder of the user. */
async function swap(folder: string, target: string): Promise<void> {
  const place = join(state.root, 'home/core', folder);
  await rename(place, `${place}.old`);
  await symlink(target, place);
  if (isRoot) await realFiles.chown(place, user.uid, user.gid);
}

test('keys are written, and again without a change', async () => {
  expect(await perform(keys, realFiles)).toContain('changed');
  expect(await perform(keys, realFiles)).toContain('unchanged');
  expect(await readFile(join(state.root, 'home/core/.ssh/authorized_keys'), 'utf8')).toBe('ssh-ed25519 K\n');
});

test('a link put at ~/.ssh between the look and the opening is refused', async () => {
  const files = watched('openFolder', '/.ssh', () => swap('.ssh', '../../root/.ssh'));
  expect(await perform(keys, files)).toMatch(/^failed: (ENOTDIR|ELOOP)/);
  expect(await readFile(join(state.root, 'root/.ssh/authorized_keys'), 'utf8')).toBe('secret\n');
});

test('a link put at ~/.ssh before the write leads nobody astray: the folder stays the same', async () => {
  const files = watched('write', '/authorized_keys', () => swap('.ssh', '../../root/.ssh'));
  expect(await perform(keys, files)).toContain('changed');
  expect(await readFile(join(state.root, 'root/.ssh/authorized_keys'), 'utf8')).toBe('secret\n');
  expect(await readFile(join(state.root, 'home/core/.ssh.old/authorized_keys'), 'utf8')).toContain('K');
});

test('a link put at ~/.ssh/authorized_keys after the look is not read, and what it leads to stays', async () => {
  const files = watched('stat', '/authorized_keys', (place) =>
    symlink('../../../root/.ssh/authorized_keys', place),
  );
  expect(await perform(keys, files)).toMatch(/^failed: ELOOP/);
  expect(await readFile(join(state.root, 'root/.ssh/authorized_keys'), 'utf8')).toBe('secret\n');
});

test('a file below a folder of a user goes where the folder was, whatever the user puts in its place', async () => {
  const files = watched('write', '/rc', () => swap('conf', '../../etc'));
  expect(await perform(bashrc, files)).toContain('changed');
  expect(await readdir(join(state.root, 'etc'))).toEqual(['passwd']);
  expect(await readdir(join(state.root, 'home/core/conf.old'))).toEqual(['rc']);
});

test.runIf(isRoot)('root writes through no link of a user, and through its own', async () => {
  await swap('conf', '../../etc');
  expect(await perform(bashrc, realFiles)).toContain('"conf" on the way is a link that is not of root alone');
  await symlink('home', join(state.root, 'people'));
  const own = { ...bashrc, path: '/people/rc' } as const;
  expect(await perform(own, realFiles)).toContain('changed');
  expect((await lstat(join(state.root, 'home/rc'))).isFile()).toBe(true);
});
