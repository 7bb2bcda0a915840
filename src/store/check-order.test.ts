// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { keyOf } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import { memoryStore } from './testing.js';

const request = { key: keyOf('missing'), value: new Uint8Array(0), lease: leaseId(9n), ignoreValue: true };
const txnOf = (revision: number) =>
  ({
    compare: [],
    failure: [],
    success: [{ kind: 'range', request: { key: keyOf('a'), revision } }],
  }) as const;

test('of two faults a put alone names the lease, a put in a txn the key, as etcd', async () => {
  const { kv, close } = await memoryStore();
  await expect(kv.put(request)).rejects.toMatchObject({ code: 'etcd/lease-not-found' });
  const put = { kind: 'put', request } as const;
  await expect(kv.txn({ compare: [], success: [put], failure: [] })).rejects.toMatchObject({
    code: 'etcd/key-not-found',
  });
  await close();
});

test('a revision below zero in a txn counts as compacted once anything was, as in etcd', async () => {
  const { kv, close } = await memoryStore();
  const { revision } = await kv.put({ key: keyOf('a'), value: keyOf('') });
  expect(await kv.txn(txnOf(-1))).toMatchObject({ succeeded: true });
  await kv.compact(revision);
  await expect(kv.txn(txnOf(-1))).rejects.toMatchObject({ code: 'etcd/compacted' });
  expect(await kv.txn(txnOf(0))).toMatchObject({ succeeded: true });
  expect(await kv.range({ key: keyOf('a'), revision: -1 })).toMatchObject({ count: 1 });
  await close();
});
