// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { type MemoryFiles, memoryFiles } from '../effects/testing.js';
import { findUnmet } from './conditions.js';
import { linkUnit } from './enable-unit.js';
import { defineUnit } from './unit-definition.js';
import { unitName } from './unit-name.js';

const root = '/srv/node';
const etc = '/etc/systemd/system';
const run = '/run/systemd/system';
const lib = '/usr/lib/systemd/system';

beforeAll(async () => {
  await import('../cloudconfig/index.js');
});

/** Text is a file, `-> x` a link. */
async function node(entries: Readonly<Record<string, string>>): Promise<MemoryFiles> {
  const files = memoryFiles();
  for (const [path, text] of Object.entries(entries)) {
    const place = `${root}${path}`;
    await files.makeFolder(posix.dirname(place));
    if (text.startsWith('-> ')) await files.link(text.slice(3), place);
    else await files.write(place, text);
  }
  return files;
}

async function define(entries: Readonly<Record<string, string>>, name: string) {
  const facts = { machineId: 'abc', bootId: 'b007', hostname: 'core-01', folderPrefix: root };
  const deps = { files: await node(entries), log: silentLog };
  return defineUnit(deps, { root, hasBuiltin: (unit) => unit === 'etcd2.service', facts }, unitName(name));
}

const service = (text: string) => `[Service]\nExecStart=/bin/echo ${text}\n`;
const said = (text: string) => ({
  kind: 'service',
  settings: { commands: { start: [{ args: text.split(' ') }] } },
});

describe('where a unit comes from', () => {
  test('/etc goes before /run before /usr/lib', async () => {
    const all = {
      [`${lib}/a.service`]: service('lib'),
      [`${run}/a.service`]: service('run'),
      [`${etc}/a.service`]: service('etc'),
    };
    expect(await define(all, 'a')).toMatchObject({ ...said('etc'), fragment: `${etc}/a.service` });
    const { [`${etc}/a.service`]: _gone, ...rest } = all;
    expect(await define(rest, 'a')).toMatchObject(said('run'));
  });

  test('drop-ins are sorted by name over all folders, the first folder wins', async () => {
    const dropIn = (text: string) => `[Service]\nEnvironment=${text}\n`;
    const found = await define(
      {
        [`${lib}/a.service`]: service('x'),
        [`${lib}/a.service.d/30.conf`]: dropIn('V=30'),
        [`${etc}/a.service.d/20.conf`]: dropIn('V=20 E=1'),
        [`${run}/a.service.d/20.conf`]: dropIn('HIDDEN=1'),
        [`${run}/service.d/10.conf`]: dropIn('ALL=1'),
        [`${lib}/service.d/40.conf`]: dropIn('MASKED=1'),
        [`${etc}/service.d/40.conf`]: '-> /dev/null',
        [`${etc}/a.service.d/note.txt`]: dropIn('NOTE=1'),
      },
      'a',
    );
    expect(found).toMatchObject({ settings: { environment: { V: '30', E: '1', ALL: '1' } } });
  });

  test('an instance has its own file, or that of its template', async () => {
    const units = { [`${etc}/a@.service`]: service('any %i'), [`${lib}/a@one.service`]: service('own %i') };
    expect(await define(units, 'a@one')).toMatchObject(said('own one'));
    expect(await define(units, 'a@two')).toMatchObject(said('any two'));
    expect(await define(units, 'a@')).toMatchObject({ kind: 'bad' });
  });

  test('an alias is the unit it stands for', async () => {
    const units = {
      [`${lib}/real.service`]: service('%n'),
      [`${etc}/alias.service`]: `-> ${lib}/real.service`,
      [`${etc}/alias@x.service`]: '-> ../../../usr/lib/systemd/system/real@.service',
      [`${lib}/real@.service`]: service('%n'),
    };
    expect(await define(units, 'alias')).toMatchObject({
      ...said('real.service'),
      name: { full: 'real.service' },
    });
    expect(await define(units, 'alias@x')).toMatchObject(said('real@x.service'));
  });

  test('aliases of one another end somewhere', async () => {
    const units = { [`${etc}/a.service`]: '-> b.service', [`${etc}/b.service`]: '-> a.service' };
    expect((await define(units, 'a')).kind).toBe('bad');
  });

  test('a link may lead anywhere in the node, and nowhere else', async () => {
    const units = {
      '/opt/a.service': service('opt'),
      [`${etc}/a.service`]: '-> /opt/a.service',
      [`${etc}/b.service`]: '-> ../../../../../outside/b.service',
    };
    expect(await define(units, 'a')).toMatchObject(said('opt'));
    expect(await define(units, 'b')).toMatchObject({
      kind: 'bad',
      reason: expect.stringContaining('outside'),
    });
  });

  test.each([
    ['a link to /dev/null', '-> /dev/null'],
    ['an empty file', ''],
  ])('%s is a mask', async (_what, text) => {
    const units = { [`${etc}/a.service`]: text, [`${lib}/a.service`]: service('x') };
    expect((await define(units, 'a')).kind).toBe('masked');
  });

  test('drop-ins alone make a builtin, not a unit', async () => {
    const dropIn = { [`${run}/etcd2.service.d/a.conf`]: '[Service]\nEnvironment=ETCD_NAME=x\n' };
    expect(await define(dropIn, 'etcd2')).toMatchObject({ settings: { environment: { ETCD_NAME: 'x' } } });
    expect((await define({ [`${run}/a.service.d/a.conf`]: '[Service]\n' }, 'a')).kind).toBe('not-found');
    expect((await define({}, 'etcd2')).kind).toBe('service');
  });

  test('targets need no file and know what their folders hold', async () => {
    expect((await define({}, 'multi-user.target')).kind).toBe('target');
    const found = await define(
      {
        [`${etc}/x.target.wants/a.service`]: '-> /etc/systemd/system/a.service',
        [`${run}/x.target.requires/b.service`]: '-> ../b.service',
      },
      'x.target',
    );
    expect(found).toMatchObject({ links: { wants: ['a.service'], requires: ['b.service'] } });
  });

  test('other types are not run', async () => {
    expect(await define({ [`${etc}/a.timer`]: '[Timer]\n' }, 'a.timer')).toMatchObject({
      kind: 'bad',
      reason: 'a timer is not run by the local supervisor',
    });
    expect((await define({}, 'a.timer')).kind).toBe('not-found');
  });
});

test('enabling makes the links of the install section, each once', async () => {
  const files = await node({});
  const install = {
    wantedBy: ['multi-user.target'],
    requiredBy: ['x.target', '../../bad'],
    aliases: ['b.service'],
    also: [],
  };
  const unit = { name: unitName('a.service'), fragment: `${etc}/a.service`, install };
  expect(await linkUnit(files, root, unit, { isRuntime: true })).toBe('changed');
  expect(await linkUnit(files, root, unit, { isRuntime: true })).toBe('unchanged');
  expect(files.paths().filter((path) => path.startsWith(`${root}${run}/`))).toEqual([
    `${root}${run}/b.service`,
    `${root}${run}/multi-user.target.wants`,
    `${root}${run}/multi-user.target.wants/a.service`,
    `${root}${run}/x.target.requires`,
    `${root}${run}/x.target.requires/a.service`,
  ]);
  expect(await files.readLink(`${root}${run}/b.service`)).toBe(`${etc}/a.service`);
  expect(await linkUnit(files, root, { ...unit, fragment: undefined }, { isRuntime: false })).toBe(
    'unchanged',
  );
});

describe('conditions', () => {
  const entries = { '/etc/full': 'x', '/etc/empty': '', '/etc/out': '-> /outside' };
  const condition = (path: string, part = {}) => ({
    check: 'path-exists' as const,
    path,
    isNegated: false,
    isTrigger: false,
    ...part,
  });

  test.each([
    ['path-exists', '/etc/full', true],
    ['path-exists', '/etc/none', false],
    ['path-exists', '/etc/out', false],
    ['path-is-folder', '/etc', true],
    ['path-is-folder', '/etc/full', false],
    ['file-not-empty', '/etc/full', true],
    ['file-not-empty', '/etc/empty', false],
    ['folder-not-empty', '/etc', true],
    ['folder-not-empty', '/etc/none', false],
  ] as const)('%s %s: %s', async (check, path, isMet) => {
    const files = await node(entries);
    expect((await findUnmet(files, root, [condition(path, { check })])) === undefined).toBe(isMet);
    const negated = condition(path, { check, isNegated: true });
    expect((await findUnmet(files, root, [negated])) === undefined).toBe(!isMet);
  });

  test('one trigger is enough, and does not make up for a plain one', async () => {
    const files = await node(entries);
    const no = condition('/none', { isTrigger: true });
    const yes = condition('/etc', { isTrigger: true });
    expect(await findUnmet(files, root, [no, yes])).toBeUndefined();
    expect(await findUnmet(files, root, [no])).toBe('condition path-exists "/none" is not met');
    expect(await findUnmet(files, root, [yes, condition('/x')])).toContain('"/x"');
  });
});
