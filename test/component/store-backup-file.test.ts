// SPDX-License-Identifier: Apache-2.0

import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStoreBackup } from '../../src/cli/run-store.js';
import { memoryStore } from '../../src/store/testing.js';
import { withFolder } from './store-process.js';

test.for([
  ['a file that all may read', (path: string) => writeFile(path, 'old', { mode: 0o644 })],
  ['a link to a file of somebody', (path: string, other: string) => symlink(other, path)],
] as const)('a backup is for its owner alone, though %s lies in its way', async ([, block]) => {
  await withFolder(async (folder) => {
    await using store = await memoryStore();
    const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
    const [file, other] = [join(folder, 'store.db'), join(folder, 'other')];
    await writeFile(other, 'other');
    await block(`${file}.partial`, other);
    const flags = { endpoints: url, output: 'json' };
    const signal = new AbortController().signal;
    expect(await runStoreBackup({ commands: [], args: [file], flags, signal })).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(other, 'utf8')).toBe('other');
    expect((await readdir(folder)).sort()).toEqual(['other', 'store.db']);
  });
});
