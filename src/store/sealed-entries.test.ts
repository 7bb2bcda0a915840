// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { realRandom, silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { keyOf } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import { faultyBackend } from './faulty-backend.js';
import { openStoreOn } from './open-store.js';
import { leasePrefix, recordPrefix } from './record.js';
import { verifyStore } from './verify-store.js';

test('one bit of a lease, or of what the store knows of itself, is seen when it opens, and by a full check', async () => {
  const backend = faultyBackend();
  const open = () => openStoreOn(backend, { clock: manualClock(), random: realRandom, log: silentLog });
  const store = await open();
  await store.kv.grantLease(600, leaseId(7n));
  for (const value of ['1', '2']) await store.kv.put({ key: keyOf('a'), value: keyOf(value) });
  await store.kv.compact(2);
  await store.maintenance.activateAlarm({ memberId: store.memberId, kind: 'no-space' });
  await store.auth.roleAdd('r');
  await store.cluster.setPeerUrls(['http://127.0.0.1:1']);
  await store.close();

  const entries = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>();
  backend.scan(Uint8Array.of(leasePrefix), Uint8Array.of(recordPrefix), (key, value) => {
    entries.set(Buffer.from(key).toString('latin1').slice(0, 8), { key, value });
    return true;
  });
  expect([...entries.keys()].slice(1)).toEqual([
    'malarms',
    'mauth',
    'mcluster',
    'mcompact',
    'mformat',
    'mmember',
    'mpeer-ur',
  ]);
  for (const { key, value } of entries.values()) {
    for (const at of [0, value.length - 5, value.length - 1]) {
      const bad = Uint8Array.from(value, (byte, n) => (n === at ? byte ^ 0x10 : byte));
      await backend.commit([{ kind: 'put', key, value: bad }]);
      await expect(open()).rejects.toMatchObject({
        code: 'store/corrupt',
        message: expect.stringContaining('checksum'),
      });
      await expect(verifyStore(backend)).rejects.toThrow('checksum');
    }
    await backend.commit([{ kind: 'put', key, value }]);
  }
  await (await open()).close();
});
