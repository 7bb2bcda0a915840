// SPDX-License-Identifier: Apache-2.0

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { realClock, realRandom, silentLog, withFileBytes } from '../../src/effects/index.js';
import { type Kv, keyOf, prefixRange } from '../../src/etcd/index.js';
import {
  openStore,
  restoreSnapshot,
  type StoreOptions,
  snapshotFile,
  verifySnapshot,
} from '../../src/store/index.js';
import { bundleStoreChild, startChild, withFolder } from './store-process.js';

const open = (folder: string, options: StoreOptions = {}) =>
  openStore({ clock: realClock, random: realRandom, log: silentLog }, { ...options, folder });
const put = (kv: Kv, key: string, value: Uint8Array = keyOf('x')) => kv.put({ key: keyOf(key), value });
const sizeOf = async (folder: string) => (await stat(join(folder, 'data.mdb'))).size;
const forever = new AbortController().signal;
const random = { random: realRandom };

describe('defragmenting', () => {
  const bundle = { path: '' };
  beforeAll(async () => {
    bundle.path = await bundleStoreChild();
  });

  test('gives space back while reads, writes and a snapshot go on, and the folder stays held', async () => {
    await withFolder(async (folder) => {
      const store = await open(folder);
      const { kv, maintenance } = store;
      for (let n = 0; n < 300; n += 1) await put(kv, `k${n % 3}`, new Uint8Array(20_000).fill(n));
      await kv.compact((await kv.range({ key: keyOf('k') })).revision, { physical: true });
      const large = await sizeOf(folder);
      expect((await maintenance.status()).inUseBytes).toBeLessThan(large / 4);
      const snapshot = await maintenance.snapshot(forever);
      const before = await kv.range(prefixRange(''));

      const defragmented = maintenance.defragment();
      const writes = Promise.all(Array.from({ length: 50 }, (_, n) => put(kv, `during${n}`)));
      expect(await kv.range({ ...prefixRange('k'), revision: before.revision })).toMatchObject({ count: 3 });
      await Promise.all([defragmented, writes]);
      expect(await sizeOf(folder)).toBeLessThan(large / 4);
      expect(await readdir(folder)).toEqual(['data.mdb', 'lock.mdb', 'log']);
      expect((await kv.range(prefixRange('during'))).count).toBe(50);
      const file = join(folder, 'saved');
      await writeFile(file, snapshotFile(snapshot.pieces));
      expect(await withFileBytes(file, verifySnapshot)).toMatchObject({ revision: before.revision });
      await rm(file);
      await maintenance.defragment();
      await put(kv, 'after');

      const child = startChild(process.execPath, [bundle.path, folder, 'hold']);
      expect(await child.ended).not.toBe(0);
      await put(store.kv, 'after');
      await store.close();
      const again = await open(folder, { verify: 'full' });
      expect((await again.kv.range(prefixRange(''))).count).toBe(54);
      await again.close();
    });
  });

  test('what a crash left of it is gone after the next start', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'defragmented-abc'), { recursive: true });
      await writeFile(join(folder, 'defragmented-abc', 'data.mdb'), 'half');
      await (await open(folder)).close();
      expect(await readdir(folder)).toEqual(['data.mdb', 'lock.mdb', 'log']);
    });
  });
});

describe('backup and restore', () => {
  test('a backup taken under load is of one moment, and a folder is made of it', async () => {
    await withFolder(async (folder) => {
      const store = await open(join(folder, 'store'));
      for (let n = 0; n < 200; n += 1) await put(store.kv, `k${n}`, new Uint8Array(3_000).fill(n));
      const stop = { now: false };
      const writing = (async () => {
        for (let n = 0; !stop.now; n += 1) await put(store.kv, `load${n % 10}`);
      })();
      const file = join(folder, 'backup');
      await writeFile(file, snapshotFile((await store.maintenance.snapshot(forever)).pieces));
      stop.now = true;
      await writing;

      const { revision } = await withFileBytes(file, verifySnapshot);
      const restored = join(folder, 'deep', 'restored');
      const facts = await withFileBytes(file, (source) => restoreSnapshot(random, source, restored));
      expect(facts).toMatchObject({ revision, sizeBytes: (await stat(file)).size });
      expect((await stat(restored)).mode & 0o777).toBe(0o700);
      const again = await open(restored, { verify: 'full' });
      expect(await again.kv.range(prefixRange(''))).toEqual({
        ...(await store.kv.range({ ...prefixRange(''), revision })),
        revision,
      });
      expect((await put(again.kv, 'next')).revision).toBe(revision + 1);
      await again.close();
      await store.close();
    });
  });

  test('a restore that fails leaves nothing, and nothing is overwritten', async () => {
    await withFolder(async (folder) => {
      const store = await open(join(folder, 'store'));
      for (let n = 0; n < 50; n += 1) await put(store.kv, `k${n}`);
      const file = join(folder, 'backup');
      await writeFile(file, snapshotFile((await store.maintenance.snapshot(forever)).pieces));
      await store.close();
      const cut = join(folder, 'cut');
      await writeFile(cut, (await readFile(file)).subarray(0, -1));
      const restore = (from: string, name: string) =>
        withFileBytes(from, (source) => restoreSnapshot(random, source, join(folder, name)));
      await expect(restore(cut, 'new')).rejects.toMatchObject({ code: 'store/snapshot-invalid' });
      await expect(restore(file, 'store')).rejects.toMatchObject({ code: 'store/folder-not-empty' });
      await expect(restore(file, 'backup/below')).rejects.toMatchObject({ code: 'store/folder-unusable' });
      await rm(cut);
      await expect(restore(cut, 'new')).rejects.toMatchObject({ code: 'ENOENT' });
      expect((await readdir(folder)).sort()).toEqual(['backup', 'store']);
      await mkdir(join(folder, 'empty'));
      await restore(file, 'empty');
      expect((await readdir(folder)).sort()).toEqual(['backup', 'empty', 'store']);
    });
  });
});
