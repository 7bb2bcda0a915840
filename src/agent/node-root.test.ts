// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MemoryFiles, memoryFiles } from '../effects/testing.js';
import { ensureFolder, resolveInRoot } from './node-root.js';

const root = '/srv/node';

async function node(links: Readonly<Record<string, string>> = {}): Promise<MemoryFiles> {
  const files = memoryFiles();
  for (const folder of ['/srv/node/etc', '/srv/node/var/lib', '/outside']) await files.makeFolder(folder);
  for (const [path, target] of Object.entries(links)) await files.link(target, `${root}${path}`);
  return files;
}

test.each([
  ['/etc/hosts', '/srv/node/etc/hosts'],
  ['/', '/srv/node'],
  ['//etc/./hosts', '/srv/node/etc/hosts'],
  ['/not/there/yet', '/srv/node/not/there/yet'],
])('%s is at %s', async (path, place) => {
  expect(await resolveInRoot(await node(), root, path)).toBe(place);
});

test.each(['/etc/../../outside', '/..', 'etc/hosts', '', '/etc/\0'])('%j is refused', async (path) => {
  await expect(resolveInRoot(await node(), root, path)).rejects.toMatchObject({
    code: 'agent/path-outside-root',
  });
});

test('links that stay inside are followed', async () => {
  const files = await node({ '/data': 'var/lib', '/etc/up': '../var', '/etc/abs': '/srv/node/var' });
  expect(await resolveInRoot(files, root, '/data/x')).toBe('/srv/node/var/lib/x');
  expect(await resolveInRoot(files, root, '/etc/up/lib/x')).toBe('/srv/node/var/lib/x');
  expect(await resolveInRoot(files, root, '/etc/abs/x')).toBe('/srv/node/var/x');
});

test.each([
  ['an absolute link', { '/away': '/outside' }, '/away/x'],
  ['a link above the root', { '/etc/away': '../../../outside' }, '/etc/away/x'],
  ['a link to a neighbour whose name begins the same', { '/away': '/srv/node2' }, '/away/x'],
  ['a link by way of a link', { '/one': 'two', '/two': '/outside' }, '/one/x'],
  ['a loop', { '/one': 'two', '/two': 'one' }, '/one/x'],
])('%s is refused', async (_what, links, path) => {
  const files = await node(links);
  await expect(resolveInRoot(files, root, path)).rejects.toMatchObject({ code: 'agent/path-outside-root' });
});

test('a link at the end is the thing itself, unless it is to be followed', async () => {
  const files = await node({ '/etc/mask': '/dev/null' });
  expect(await resolveInRoot(files, root, '/etc/mask')).toBe('/srv/node/etc/mask');
  await expect(resolveInRoot(files, root, '/etc/mask', { last: 'follow' })).rejects.toMatchObject({
    code: 'agent/path-outside-root',
  });
});

test('an absolute link can be read as the node means it', async () => {
  const files = await node({ '/etc/alias': '/var/lib/unit' });
  const options = { last: 'follow', absoluteLinks: 'node' } as const;
  expect(await resolveInRoot(files, root, '/etc/alias', options)).toBe('/srv/node/var/lib/unit');
});

test('with the root / everything is inside', async () => {
  expect(await resolveInRoot(memoryFiles(), '/', '/etc/../var/x')).toBe('/var/x');
});

test('no path and no link leads outside', async () => {
  const part = fc.constantFrom('a', 'b', '..', '.', '/', '/outside', '/srv/node', 'a/b');
  const path = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  const target = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  await fc.assert(
    fc.asyncProperty(path, target, target, async (asked, first, second) => {
      const files = await node({ '/a': first, '/b': second });
      const found = await resolveInRoot(files, root, asked, { last: 'follow' }).catch(() => root);
      expect(`${found}/`.startsWith(`${root}/`)).toBe(true);
    }),
  );
});

test('parents are made with their mode, once', async () => {
  const files = await node();
  expect(await ensureFolder(files, root, '/opt/a/b')).toBe('/srv/node/opt/a/b');
  expect(await files.stat('/srv/node/opt/a')).toMatchObject({ kind: 'directory', mode: 0o755 });
  await files.chmod('/srv/node/opt', 0o700);
  await ensureFolder(files, root, '/opt/a/c', 0o750);
  expect(await files.stat('/srv/node/opt')).toMatchObject({ mode: 0o700 });
  expect(await files.stat('/srv/node/opt/a/c')).toMatchObject({ mode: 0o750 });
});

test('a file in the way is named', async () => {
  const files = await node();
  await files.write('/srv/node/etc/x', '');
  await expect(ensureFolder(files, root, '/etc/x/y')).rejects.toMatchObject({ code: 'agent/not-a-folder' });
});
