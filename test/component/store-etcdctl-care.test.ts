// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock, realRandom, silentLog, withFileBytes } from '../../src/effects/index.js';
import { keyOf, prefixRange } from '../../src/etcd/index.js';
import { openStore, restoreSnapshot, type Store, type StoreOptions } from '../../src/store/index.js';
import { findProgram } from '../conformance/real-etcd.js';
import { withFolder } from './store-process.js';

const environment = { ETCDCTL_API: '3' };
const deps = { clock: realClock, random: realRandom, log: silentLog };

interface Served {
  readonly store: Store;
  readonly folder: string;
  /** What it said, on both of its outputs. */
  ctl(args: string, input?: string): Promise<string>;
}

async function serveFor(
  program: string,
  options: StoreOptions,
  use: (served: Served) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openStore(deps, { ...options, folder: join(folder, 'store') });
    try {
      const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
      await use({ store, folder, ctl: (args, input = '') => run(program, url, args.split(' '), input) });
    } finally {
      await store.close();
    }
  });
}

async function run(program: string, url: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(program, ['--endpoints', url, ...args], { env: environment });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin.end(input);
  await once(child, 'close');
  return Buffer.concat(said).toString().trim();
}

/** Stock etcdctl, API 3, at the care of a store and at its users. */
describe.each(['3.4', '3.5'] as const)('etcdctl %s', (version) => {
  const program = findProgram('etcdctl', version) ?? `etcdctl ${version}, which npm test unpacks`;
  const withServed = (options: StoreOptions, use: (served: Served) => Promise<void>) =>
    serveFor(program, options, use);

  test('a small quota: alarm list, alarm disarm, defrag', async () => {
    await withServed({ quotaBytes: 1_000_000 }, async ({ ctl, store }) => {
      const value = new Uint8Array(50_000);
      const fill = async () => {
        for (let n = 0; n < 100; n += 1) await store.kv.put({ key: keyOf(`k${n}`), value });
      };
      await expect(fill()).rejects.toMatchObject({ code: 'etcd/no-space' });
      expect(await ctl('put a b')).toContain('etcdserver: mvcc: database space exceeded');
      expect(await ctl('alarm list')).toBe(`memberID:${store.memberId} alarm:NOSPACE`);
      expect(await ctl('endpoint status -w json')).toContain('alarm:NOSPACE');
      await ctl('del --prefix k');
      const { revision } = await store.kv.range({ key: keyOf('a') });
      expect(await ctl(`compact ${revision} --physical`)).toBe(`compacted revision ${revision}`);
      expect(await ctl('defrag')).toContain('Finished defragmenting etcd member');
      expect(await ctl('alarm disarm')).toBe(`memberID:${store.memberId} alarm:NOSPACE`);
      expect(await ctl('alarm list')).toBe('');
      expect(await ctl('put a b')).toBe('OK');
    });
  });

  test('endpoint hashkv, member update', async () => {
    await withServed({}, async ({ ctl, store }) => {
      await ctl('put a b');
      const { hash } = await store.maintenance.hashKv(0);
      expect(await ctl('endpoint hashkv')).toContain(`, ${hash}`);
      const id = store.memberId.toString(16);
      expect(await ctl('member list')).toContain('http://localhost:2380');
      expect(await ctl(`member update ${id} --peer-urls=http://10.0.0.1:2380`)).toContain(
        // etcdctl pads the ID to 16 places, with blanks
        `Member ${id.padStart(16)} updated`,
      );
      expect(await ctl('member list')).toContain('http://10.0.0.1:2380');
    });
  });

  test('snapshot save; a store is restored of the file', async () => {
    await withServed({}, async ({ ctl, folder, store }) => {
      for (let n = 0; n < 300; n += 1) {
        await store.kv.put({ key: keyOf(`k${n}`), value: new Uint8Array(1_000).fill(n) });
      }
      const file = join(folder, 'saved');
      expect(await ctl(`snapshot save ${file}`)).toContain(`Snapshot saved at ${file}`);
      await withFileBytes(file, (source) => restoreSnapshot(deps, source, join(folder, 'restored')));
      const again = await openStore(deps, { folder: join(folder, 'restored'), verify: 'full' });
      expect(await again.kv.range(prefixRange(''))).toEqual(await store.kv.range(prefixRange('')));
      await again.close();
    });
  });

  test('users, roles, permissions and auth', async () => {
    await withServed({}, async ({ ctl }) => {
      expect(await ctl('auth enable')).toContain('root user does not exist');
      expect(await ctl('user add root:top')).toBe('User root created');
      expect(await ctl('user grant-role root root')).toBe('Role root is granted to user root');
      expect(await ctl('user add ann --interactive=false', 'secret\n')).toBe('User ann created');
      expect(await ctl('role add reader')).toBe('Role reader created');
      expect(await ctl('role grant-permission reader read --prefix /r/')).toBe('Role reader updated');
      expect(await ctl('role grant-permission reader readwrite /w')).toBe('Role reader updated');
      expect(await ctl('user grant-role ann reader')).toBe('Role reader is granted to user ann');
      expect(await ctl('auth enable')).toBe('Authentication Enabled');

      const root = '--user root:top';
      const ann = '--user ann:secret';
      const denied = 'etcdserver: permission denied';
      expect(await ctl('get /r/1')).toContain('etcdserver: user name is empty');
      expect(await ctl(`${root} put /r/1 one`)).toBe('OK');
      expect(await ctl(`${ann} get --prefix /r/`)).toBe('/r/1\none');
      expect(await ctl(`${ann} put /r/1 two`)).toContain(denied);
      expect(await ctl(`${ann} put /w two`)).toBe('OK');
      expect(await ctl(`${ann} get --prefix /`)).toContain(denied);
      expect(await ctl(`${ann} del /r/1`)).toContain(denied);
      expect(await ctl(`${ann} txn`, 'value("/x") = "1"\n\nget /w\n\n\n')).toContain(denied);
      expect(await ctl(`${ann} watch /x`)).toContain(denied);
      expect(await ctl(`${ann} user list`)).toContain(denied);
      expect(await ctl(`${ann} user get ann`)).toBe('User: ann\nRoles: reader');
      expect(await ctl(`--user ann:wrong get /w`)).toContain(
        'authentication failed, invalid user ID or password',
      );
      expect(await ctl(`${root} role get reader`)).toContain('[/r/, /r0) (prefix /r/)');
      expect(await ctl(`${root} user delete root`)).toContain('invalid auth management');
      expect(await ctl(`${root} user revoke-role ann reader`)).toBe('Role reader is revoked from user ann');
      expect(await ctl(`${ann} get /w`)).toContain(denied);
      expect(await ctl(`${root} auth disable`)).toBe('Authentication Disabled');
      expect(await ctl('get /w')).toBe('/w\ntwo');
    });
  });
});
