// SPDX-License-Identifier: Apache-2.0

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../free-port.js';
import { kill, openSite } from './harness.js';

test('the store alone: stock tools of both versions, curl, backup and restore', async () => {
  await using site = await openSite();
  const url = `http://127.0.0.1:${await freePort()}`;
  const serving = site.start('store', 'serve', '--data-dir', 'data', '--listen-client-urls', url);
  await serving.saw('"msg":"ready"');
  const v3 = (...args: readonly string[]) => site.run('etcdctl', [`--endpoints=${url}`, ...args]);
  const v2 = (...args: readonly string[]) =>
    site.run('etcdctl', ['--endpoint', url, ...args], { env: { ETCDCTL_API: '2' } });

  expect(await v3('put', '/message', 'hello')).toMatchObject({ code: 0, stdout: 'OK\n' });
  expect(await v2('get', '/message')).toMatchObject({ code: 0, stdout: 'hello\n' });
  expect(await v2('set', '/app/x', '1')).toMatchObject({ code: 0 });
  expect(await v3('get', '--print-value-only', '/app/x')).toMatchObject({ stdout: '1\n' });
  expect((await v2('cluster-health')).stdout).toContain('cluster is healthy');
  const key = Buffer.from('/message').toString('base64');
  const gateway = await site.run('curl', ['-fsS', `${url}/v3/kv/range`, '-d', JSON.stringify({ key })]);
  expect(JSON.parse(gateway.stdout)).toMatchObject({
    kvs: [{ key, value: Buffer.from('hello').toString('base64') }],
    count: '1',
  });

  const saved = await site.muster('store', 'backup', 'snapshot', '--endpoints', url, '-o', 'json');
  expect(JSON.parse(saved.stdout)).toMatchObject({ revision: 3 });
  expect((await v3('snapshot', 'save', 'stock')).code).toBe(0);
  expect(await site.muster('store', 'status', '--endpoints', url)).toMatchObject({ code: 0 });
  expect(await site.muster('store', 'compact', '--endpoints', url)).toMatchObject({ code: 0 });
  expect((await v3('get', '--rev=2', '/message')).stderr).toContain('compacted');
  kill(serving.pid, 'SIGTERM');
  expect(await serving.done).toMatchObject({ code: 0 });

  for (const file of ['snapshot', 'stock']) {
    expect((await site.muster('store', 'restore', file, '--data-dir', `from-${file}`)).code).toBe(0);
    const restored = site.start('store', 'serve', '--data-dir', `from-${file}`, '--listen-client-urls', url);
    await restored.saw('"msg":"ready"');
    expect(await v3('get', '--print-value-only', '/message')).toMatchObject({ stdout: 'hello\n' });
    kill(restored.pid, 'SIGTERM');
    await restored.done;
  }
  expect(await site.muster('store', 'restore', 'snapshot', '--data-dir', 'data')).toMatchObject({ code: 1 });
  await writeFile(join(site.folder, 'damaged'), 'no snapshot');
  expect(await site.muster('store', 'restore', 'damaged', '--data-dir', 'fresh')).toMatchObject({ code: 1 });
  expect(await site.processes()).toEqual([]);
});
