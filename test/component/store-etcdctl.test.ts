// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { findProgram } from '../conformance/real-etcd.js';
import { withFolder } from './store-process.js';

const environment = { ETCDCTL_API: '3' };

/** Stock etcdctl, API 3, against a store that is served from disk. */
describe.each(['3.4', '3.5'] as const)('etcdctl %s', (version) => {
  const program = findProgram('etcdctl', version) ?? `etcdctl ${version}, which npm test unpacks`;
  const state: { store?: Store; url: string; done: () => void; folderGone: Promise<void> } = {
    url: '',
    done: () => {},
    folderGone: Promise.resolve(),
  };

  beforeAll(async () => {
    const opened = new Promise<void>((resolve) => {
      state.folderGone = withFolder(async (folder) => {
        state.store = await openStore(
          { clock: realClock, random: realRandom, log: silentLog },
          { folder, name: 'tiny' },
        );
        state.url = (await state.store.serve({ host: '127.0.0.1', port: 0 })).url;
        resolve();
        await new Promise<void>((done) => {
          state.done = done;
        });
        await state.store.close();
      });
    });
    await opened;
  });

  afterAll(async () => {
    state.done();
    await state.folderGone;
  });

  /** Lines of what it said; of stderr alone when it failed. */
  async function run(args: readonly string[], input = ''): Promise<readonly string[]> {
    const child = start(args);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin?.end(input);
    const [code] = await once(child, 'close');
    // `endpoint health` says on stderr that all is well.
    const text = Buffer.concat(code === 0 ? [...out, ...err] : err).toString();
    return text.split('\n').filter((line) => line !== '');
  }

  function start(args: readonly string[]): ChildProcess {
    return spawn(program, ['--endpoints', state.url, ...args], { env: environment });
  }

  const jsonOf = async (args: readonly string[]) => JSON.parse((await run([...args, '-w', 'json'])).join(''));

  test('put, get, get --prefix, del', async () => {
    expect(await run(['put', '/a/1', 'one'])).toEqual(['OK']);
    expect(await run(['put', '/a/2', 'two'])).toEqual(['OK']);
    expect(await run(['put', '--prev-kv', '/a/2', 'zwei'])).toEqual(['OK', '/a/2', 'two']);
    expect(await run(['get', '/a/1'])).toEqual(['/a/1', 'one']);
    expect(await run(['get', '--prefix', '/a/'])).toEqual(['/a/1', 'one', '/a/2', 'zwei']);
    expect(await run(['get', '--prefix', '/a/', '--keys-only'])).toEqual(['/a/1', '/a/2']);
    expect(await run(['get', '/a/1', '/a/2', '--print-value-only'])).toEqual(['one']);
    expect(await run(['get', '--prefix', '', '--limit', '1', '--order', 'DESCEND'])).toEqual([
      '/a/2',
      'zwei',
    ]);
    expect(await run(['del', '--prefix', '/a/'])).toEqual(['2']);
    expect(await run(['get', '--prefix', '/a/'])).toEqual([]);
  });

  test('get --rev reads the past, and says what is wrong with the rest', async () => {
    const { header } = await jsonOf(['put', '/rev', 'old']);
    await run(['put', '/rev', 'new']);
    expect(await run(['get', '/rev', '--rev', String(header.revision)])).toEqual(['/rev', 'old']);
    const future = await run(['get', '/rev', '--rev', String(header.revision + 1_000)]);
    expect(future.join()).toContain('etcdserver: mvcc: required revision is a future revision');
  });

  test('txn', async () => {
    const script = 'value("/txn") = "x"\n\nput /txn no\n\nput /txn yes\nget /txn\n\n';
    expect(await run(['txn'], script)).toEqual(['FAILURE', 'OK', '/txn', 'yes']);
    const again = 'value("/txn") = "yes"\nversion("/txn") = "1"\n\ndel /txn\n\nput /txn no\n\n';
    expect(await run(['txn'], again)).toEqual(['SUCCESS', '1']);
  });

  test('watch --rev tells history, then what comes', async () => {
    const { header } = await jsonOf(['put', '/watch/a', '1']);
    await run(['put', '/watch/b', '2']);
    await run(['del', '/watch/a']);
    const child = start(['watch', '--prefix', '/watch/', '--rev', String(header.revision)]);
    try {
      const lines: string[] = [];
      const expected = ['PUT', '/watch/a', '1', 'PUT', '/watch/b', '2', 'DELETE', '/watch/a'];
      const all = [...expected, 'PUT', '/watch/c', 'live'];
      for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
        // After a delete comes an empty line, for the value that is not there.
        if (line !== '') lines.push(line);
        if (lines.length === expected.length && line !== '') await run(['put', '/watch/c', 'live']);
        if (lines.length === all.length) break;
      }
      expect(lines).toEqual(all);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  test('compact', async () => {
    const { header } = await jsonOf(['put', '/compact', '1']);
    await run(['put', '/compact', '2']);
    const revision = String(header.revision + 1);
    expect(await run(['compact', revision])).toEqual([`compacted revision ${revision}`]);
    const old = await run(['get', '/compact', '--rev', String(header.revision)]);
    expect(old.join()).toContain('etcdserver: mvcc: required revision has been compacted');
    expect(await run(['get', '/compact'])).toEqual(['/compact', '2']);
  });

  test('lease grant, timetolive, keep-alive, list, revoke', async () => {
    const [granted = ''] = await run(['lease', 'grant', '60']);
    const [, id = ''] = /^lease ([0-9a-f]+) granted with TTL\(60s\)$/.exec(granted) ?? [];
    expect(id).not.toBe('');
    await run(['put', '/leased', 'x', '--lease', id]);
    const [left = ''] = await run(['lease', 'timetolive', id, '--keys']);
    expect(left).toMatch(
      new RegExp(
        `^lease ${id} granted with TTL\\(60s\\), remaining\\((59|60|58)s\\), attached keys\\(\\[/leased\\]\\)$`,
      ),
    );
    expect(await run(['lease', 'keep-alive', '--once', id])).toEqual([`lease ${id} keepalived with TTL(60)`]);
    expect(await run(['lease', 'list'])).toEqual(['found 1 leases', id]);
    expect(await run(['lease', 'revoke', id])).toEqual([`lease ${id} revoked`]);
    expect(await run(['get', '/leased'])).toEqual([]);
    expect((await run(['lease', 'revoke', id])).join()).toContain('etcdserver: requested lease not found');
    expect(await run(['lease', 'timetolive', id])).toEqual([`lease ${id} already expired`]);
  });

  test('member list, endpoint status, endpoint health', async () => {
    const { members } = await jsonOf(['member', 'list']);
    expect(members).toMatchObject([{ name: 'tiny', clientURLs: [state.url] }]);
    const [{ Status: status }] = await jsonOf(['endpoint', 'status']);
    const memberId = state.store?.memberId ?? 0n;
    expect(status.leader.toString()).toBe(Number(memberId).toString());
    expect(status.dbSize).toBeGreaterThan(0);
    const health = await run(['endpoint', 'health']);
    expect(health.join()).toContain('is healthy');
  });
});
