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

test('a delete to the end of all keys may be in one txn with a put, as in etcd', async () => {
  const { kv, close } = await memoryStore();
  const a = keyOf('a');
  const toTheEnd = {
    kind: 'delete-range',
    request: { key: a, rangeEnd: Uint8Array.of(0), prevKv: true },
  } as const;
  const putOf = (value: string) => ({ kind: 'put', request: { key: a, value: keyOf(value) } }) as const;
  await kv.put({ key: a, value: keyOf('old') });
  const both = await kv.txn({ compare: [], success: [putOf('new'), toTheEnd], failure: [] });
  const [, deleted] = both.responses;
  expect(deleted).toMatchObject({ response: { deleted: 1, prevKvs: [{ modRevision: 3, version: 2 }] } });
  await kv.txn({ compare: [], success: [toTheEnd, putOf('newer')], failure: [] });
  const ended = new AbortController();
  const told: unknown[] = [];
  for await (const message of kv.watch({ key: a, startRevision: 3, prevKv: true }, ended.signal)) {
    if (message.kind !== 'events') continue;
    told.push(...message.events.map(({ kind, kv, prevKv }) => [kind, kv.version, prevKv?.modRevision]));
    ended.abort();
  }
  // Both events of the first one have what was there before the txn.
  expect(told).toEqual([
    ['put', 2, 2],
    ['delete', 0, 2],
    ['put', 1, undefined],
  ]);
  const keeping = { kind: 'put', request: { ...request, key: a, lease: leaseId(0n) } } as const;
  const lost = kv.txn({ compare: [], success: [toTheEnd, keeping], failure: [] });
  await expect(lost).rejects.toMatchObject({ code: 'etcd/key-not-found' });
  expect(await kv.range({ key: a })).toMatchObject({ count: 1, kvs: [{ modRevision: 4 }] });
  await close();
});
