// SPDX-License-Identifier: Apache-2.0

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock, realRandom, silentLog, withFileBytes } from '../../src/effects/index.js';
import { connect, keyOf, type Op, prefixRange } from '../../src/etcd/index.js';
import { openStore, restoreSnapshot, type Store, verifySnapshot } from '../../src/store/index.js';
import { startEtcd } from '../conformance/real-etcd.js';
import { etcdctl, etcdutl, hashBehind, stateBehind, userOrders, writeHistory } from './snapshot-parts.js';
import { withFolder } from './store-process.js';

const deps = { clock: realClock, random: realRandom, log: silentLog };
const loopback = { host: '127.0.0.1', port: 0 };
const versions = ['3.4', '3.5'] as const;
const root = ['--user', 'root:top'] as const;

async function withStore<T>(folder: string, use: (store: Store, url: string) => Promise<T>): Promise<T> {
  const store = await openStore(deps, { folder, verify: 'full' });
  try {
    const { url } = await store.serve(loopback);
    return await use(store, url);
  } finally {
    await store.close();
  }
}

async function withEtcd<T>(
  options: Parameters<typeof startEtcd>[0],
  use: (url: string) => Promise<T>,
): Promise<T> {
  const etcd = await startEtcd(options);
  try {
    return await use(etcd.url);
  } finally {
    await etcd.close();
  }
}

async function writeEverything(url: string): Promise<void> {
  const client = connect([url]);
  await writeHistory(client).finally(() => client.close());
}

async function addUsers(url: string): Promise<void> {
  for (const order of userOrders) await etcdctl('3.5', ['--endpoints', url, ...order]);
}

/** That users, roles and their passwords are there, and auth is on; it is off after that. */
async function expectUsers(url: string): Promise<void> {
  const as = (user: string, ...args: readonly string[]) =>
    etcdctl('3.5', ['--endpoints', url, '--user', user, ...args]);
  await expect(etcdctl('3.5', ['--endpoints', url, 'get', 'k2'])).rejects.toThrow('user name is empty');
  expect(await as('ann:secret', 'get', 'k2')).toBe('k2\nback');
  expect(await as('ann:secret', 'put', 'w', 'written')).toBe('OK');
  await expect(as('ann:secret', 'get', 'large')).rejects.toThrow('permission denied');
  await expect(as('ann:wrong', 'get', 'k2')).rejects.toThrow('invalid user ID or password');
  expect(await as('root:top', 'user', 'list')).toBe('ann\ncert\nroot');
  expect(await as('root:top', 'role', 'list')).toBe('reader\nroot');
  expect(await as('root:top', 'user', 'get', 'ann')).toContain('Roles: reader');
  expect(await as('root:top', 'auth', 'disable')).toBe('Authentication Disabled');
}

function restoreToMuster(file: string, folder: string, skipsHashCheck = false) {
  return withFileBytes(file, (source) => restoreSnapshot(deps, source, folder, { skipsHashCheck }));
}

describe.each(versions)('the store moves to a real etcd %s', (version) => {
  const restore = (file: string, folder: string) =>
    etcdctl(version, ['snapshot', 'restore', file, '--data-dir', folder]);

  test('with keys, history, leases and hash', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      const before = await withStore(join(folder, 'store'), async (_, url) => {
        await writeEverything(url);
        await etcdctl(version, ['--endpoints', url, 'snapshot', 'save', file]);
        return stateBehind(url);
      });
      const status: unknown = JSON.parse(await etcdctl(version, ['snapshot', 'status', file, '-w', 'json']));
      const facts = await withFileBytes(file, verifySnapshot);
      expect(status).toMatchObject({ revision: before.revision, totalKey: facts.entryCount });
      await restore(file, join(folder, 'etcd'));
      await withEtcd({ version, folder: join(folder, 'etcd') }, async (url) => {
        expect(await stateBehind(url)).toEqual(before);
      });
    });
  });

  test('with users, roles and passwords', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      await withStore(join(folder, 'store'), async (_, url) => {
        await writeEverything(url);
        await addUsers(url);
        await etcdctl(version, ['--endpoints', url, ...root, 'snapshot', 'save', file]);
      });
      await restore(file, join(folder, 'etcd'));
      await withEtcd({ version, folder: join(folder, 'etcd') }, expectUsers);
    });
  });

  test('as it was at one moment while it was written to', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      const hash = await withStore(join(folder, 'store'), async ({ kv, maintenance }, url) => {
        const stop = new AbortController();
        const both = (value: string): Op[] =>
          ['a', 'b'].map((key) => ({ kind: 'put', request: { key: keyOf(key), value: keyOf(value) } }));
        const write = async (who: string) => {
          for (let n = 0; !stop.signal.aborted; n += 1) {
            await kv.txn({ compare: [], success: both(`${who}${n}`), failure: [] });
          }
        };
        const writing = Promise.all(['x', 'y', 'z'].map(write));
        await etcdctl(version, ['--endpoints', url, 'snapshot', 'save', file]);
        stop.abort();
        await writing;
        const { revision } = await withFileBytes(file, verifySnapshot);
        expect(revision).toBeLessThan((await kv.range({ key: keyOf('a') })).revision);
        return (await maintenance.hashKv(revision)).hash;
      });
      await restore(file, join(folder, 'etcd'));
      await withEtcd({ version, folder: join(folder, 'etcd') }, async (url) => {
        expect(await hashBehind(url)).toBe(hash);
        const { kvs } = await stateBehind(url);
        expect(new Set(kvs.map(({ value }) => Buffer.from(value).toString())).size).toBe(1);
      });
    });
  });

  test('when it is empty', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      await withStore(join(folder, 'store'), (_, url) =>
        etcdctl(version, ['--endpoints', url, 'snapshot', 'save', file]),
      );
      await restore(file, join(folder, 'etcd'));
      await withEtcd({ version, folder: join(folder, 'etcd') }, async (url) => {
        expect(await etcdctl(version, ['--endpoints', url, 'put', 'a', 'b', '-w', 'json'])).toContain(
          '"revision":2',
        );
      });
    });
  });
});

describe.each(versions)('a real etcd %s moves to the store', (version) => {
  test('with keys, history, leases and hash, by a snapshot and by its database', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      const etcd = join(folder, 'etcd');
      const before = await withEtcd({ version, folder: etcd }, async (url) => {
        await writeEverything(url);
        await etcdctl(version, ['--endpoints', url, 'snapshot', 'save', file]);
        return stateBehind(url);
      });
      expect(await restoreToMuster(file, join(folder, 'store'))).toMatchObject({
        revision: before.revision,
        sizeBytes: (await stat(file)).size,
      });
      await withStore(join(folder, 'store'), async (_, url) => {
        expect(await stateBehind(url)).toEqual(before);
      });

      // A stopped member has committed what it answered, at the latest when its log is gone through again.
      await withEtcd({ version, folder: etcd }, async (url) => {
        expect(await hashBehind(url)).toBe(before.hash);
        await etcdctl(version, ['--endpoints', url, 'defrag']);
      });
      const database = join(etcd, 'member/snap/db');
      await expect(restoreToMuster(database, join(folder, 'no'))).rejects.toMatchObject({
        message: expect.stringContaining('it has no checksum'),
      });
      await restoreToMuster(database, join(folder, 'of-database'), true);
      await withStore(join(folder, 'of-database'), async (_, url) => {
        expect(await stateBehind(url)).toEqual(before);
      });
    });
  });

  test('with users, roles and passwords', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      await withEtcd({ version }, async (url) => {
        await writeEverything(url);
        await addUsers(url);
        await etcdctl(version, ['--endpoints', url, ...root, 'snapshot', 'save', file]);
      });
      await restoreToMuster(file, join(folder, 'store'));
      await withStore(join(folder, 'store'), (_, url) => expectUsers(url));
    });
  });

  test('after a compaction that took every key', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'saved.db');
      await withEtcd({ version }, async (url) => {
        const ctl = (...args: readonly string[]) => etcdctl(version, ['--endpoints', url, ...args]);
        for (const order of [
          ['put', 'a', '1'],
          ['del', 'a'],
          ['put', 'b', '1'],
          ['del', 'b'],
        ])
          await ctl(...order);
        await ctl('compact', '5', '--physical');
        await ctl('snapshot', 'save', file);
      });
      expect(await restoreToMuster(file, join(folder, 'store'))).toMatchObject({ revision: 5 });
      await withStore(join(folder, 'store'), async (store) => {
        expect(await store.kv.range({ key: Uint8Array.of(1) })).toMatchObject({ revision: 5, count: 0 });
      });
    });
  });
});

test('what etcdutl restored with a higher revision moves to the store', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'saved.db');
    const bumped = join(folder, 'bumped.db');
    const etcd = join(folder, 'etcd');
    await withEtcd({ version: '3.5' }, async (url) => {
      for (const value of ['1', '2']) await etcdctl('3.5', ['--endpoints', url, 'put', 'a', value]);
      await etcdctl('3.5', ['--endpoints', url, 'snapshot', 'save', file]);
    });
    const higher = ['--bump-revision', '1000', '--mark-compacted'];
    await etcdutl(['snapshot', 'restore', file, '--data-dir', etcd, ...higher]);
    await withEtcd({ version: '3.5', folder: etcd }, async (url) => {
      await etcdctl('3.5', ['--endpoints', url, 'put', 'b', '3']);
      await etcdctl('3.5', ['--endpoints', url, 'snapshot', 'save', bumped]);
    });
    await restoreToMuster(bumped, join(folder, 'store'));
    await withStore(join(folder, 'store'), async ({ kv }) => {
      const { revision, kvs } = await kv.range(prefixRange(''));
      expect(kvs.map(({ value, modRevision }) => [Buffer.from(value).toString(), modRevision])).toEqual([
        ['2', 3],
        ['3', revision],
      ]);
      expect(revision).toBe(1004);
      await expect(kv.range({ key: keyOf('a'), revision: 1002 })).rejects.toMatchObject({
        code: 'etcd/compacted',
      });
    });
  });
});

test('equal calls give equal hashes on the store and on real etcd', async () => {
  const hashes = await withFolder(async (folder) => {
    const write = async (url: string) => {
      await writeEverything(url);
      return hashBehind(url);
    };
    return Promise.all([
      withStore(folder, (_, url) => write(url)),
      ...versions.map((version) => withEtcd({ version }, write)),
    ]);
  });
  expect(new Set(hashes).size).toBe(1);
});
