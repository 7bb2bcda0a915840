// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { connect, keyOf } from '../../src/etcd/index.js';
import { fail } from '../../src/store/errors.js';
import { faultyBackend } from '../../src/store/faulty-backend.js';
import { openStoreOn } from '../../src/store/open-store.js';

test('a store whose disk failed is alive, not ready, and says why', async () => {
  const backend = faultyBackend();
  await using store = await openStoreOn(backend, { clock: realClock, random: realRandom, log: silentLog });
  const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
  const answer = async (path: string) => {
    const response = await fetch(url + path);
    return { status: response.status, text: await response.text() };
  };
  for (const path of ['/health', '/livez', '/readyz']) expect((await answer(path)).status).toBe(200);

  backend.failNext(fail('store/write-failed', { folder: 'f', reason: 'input/output error' }));
  await expect(store.kv.put({ key: keyOf('a'), value: keyOf('1') })).rejects.toMatchObject({
    code: 'store/write-failed',
  });

  const why = 'writing to the store "f" failed: input/output error';
  expect((await answer('/livez')).status).toBe(200);
  expect(await answer('/readyz')).toMatchObject({
    status: 503,
    text: expect.stringContaining(`[-]linearizable_read failed: range error: ${why}`),
  });
  const health = await answer('/health');
  expect(health.status).toBe(503);
  expect(JSON.parse(health.text)).toEqual({ health: 'false', reason: `RANGE ERROR:${why}` });
  const client = connect([url]);
  expect((await client.status()).errors).toEqual([why]);
  await client.close();
});
