// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { realRandom, silentLog } from '../effects/index.js';
import { manualClock, memoryBytes } from '../effects/testing.js';
import { type Kv, keyOf, prefixRange } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import type { Backend } from './backend.js';
import { faultyBackend } from './faulty-backend.js';
import { memoryBackend } from './memory-backend.js';
import { openStoreOn, type StoreOptions } from './open-store.js';
import { verifySnapshot } from './read-snapshot.js';
import { encodeRecord, encodeRecordKey } from './record.js';
import { fillFrom } from './restore-snapshot.js';
import { snapshotFile } from './take-snapshot.js';

const put = (kv: Kv, key: string, value: string | Uint8Array = 'x') =>
  kv.put({ key: keyOf(key), value: typeof value === 'string' ? keyOf(value) : value });
const forever = new AbortController().signal;
const open = (backend: Backend, options: StoreOptions = {}, clock = manualClock()) =>
  openStoreOn(backend, { clock, random: realRandom, log: silentLog }, options);

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

describe('hashes', () => {
  test('are equal for equal histories, whatever was forgotten when', async () => {
    const stores = [await open(memoryBackend()), await open(memoryBackend())] as const;
    for (const { kv } of stores) for (const n of [1, 2, 3, 4]) await put(kv, 'a', String(n));
    const [one, two] = stores;
    expect(await one.maintenance.hashKv(0)).toEqual(await two.maintenance.hashKv(5));
    expect((await one.maintenance.hashKv(0)).compactRevision).toBe(-1);
    expect((await one.maintenance.hashKv(4)).hash).not.toBe((await one.maintenance.hashKv(5)).hash);
    // More than is forgotten at a time.
    const many = Array.from({ length: 2_500 }, (_, n) => `many${n}`);
    for (const { kv } of stores) await Promise.all([...many, ...many].map((key) => put(kv, key)));
    await one.kv.compact(5_000, { physical: true });
    await two.kv.compact(5_000);
    const hurried = await two.maintenance.hashKv(0);
    expect(await one.maintenance.hashKv(0)).toEqual(hurried);
    await expect(one.maintenance.hashKv(2)).rejects.toMatchObject({ code: 'etcd/compacted' });
    await expect(one.maintenance.hashKv(5_006)).rejects.toMatchObject({ code: 'etcd/future-revision' });
    // Ids are in it.
    expect(await one.maintenance.hash()).not.toBe(await two.maintenance.hash());
    expect(await one.maintenance.hash()).toBe(await one.maintenance.hash());
    for (const store of stores) await store.close();
  });
});

describe('quota', () => {
  test('beyond it NOSPACE is raised and kept; deleting, compacting and disarming go on', async () => {
    const backend = faultyBackend();
    const first = await open(backend, { quotaBytes: 20_500 });
    const fillUp = async () => {
      for (let n = 0; n < 30; n += 1) await put(first.kv, `k${n}`, new Uint8Array(1000));
    };
    await expect(fillUp()).rejects.toMatchObject({ code: 'etcd/no-space' });
    await first.close();
    const { kv, maintenance, memberId, close } = await open(backend, { quotaBytes: 20_500 });
    const alarm = { memberId, kind: 'no-space' } as const;
    expect(await maintenance.alarms()).toEqual([alarm]);
    await expect(put(kv, 'small')).rejects.toMatchObject({ code: 'etcd/no-space' });
    await expect(put(kv, '')).rejects.toMatchObject({ code: 'etcd/key-empty' });
    await expect(kv.grantLease(5)).rejects.toMatchObject({ code: 'etcd/no-space' });
    const putOp = { kind: 'put', request: { key: keyOf('a'), value: keyOf('') } } as const;
    const putting = { compare: [], success: [putOp], failure: [] };
    await expect(kv.txn(putting)).rejects.toMatchObject({ code: 'etcd/no-space' });
    await expect(kv.txn({ ...putting, success: [{ kind: 'txn', request: putting }] })).rejects.toMatchObject({
      code: 'etcd/no-space',
    });
    const { revision } = await kv.deleteRange(prefixRange(''));
    await kv.compact(revision, { physical: true });
    await expect(put(kv, 'small')).rejects.toMatchObject({ code: 'etcd/no-space' });
    expect(await maintenance.deactivateAlarm(alarm)).toBe(true);
    expect(await maintenance.deactivateAlarm(alarm)).toBe(false);
    await put(kv, 'small');
    await close();
  });

  test('under CORRUPT nothing is written, but reading goes on', async () => {
    const { kv, maintenance, memberId, close } = await open(memoryBackend());
    await put(kv, 'a');
    await maintenance.activateAlarm({ memberId, kind: 'corrupt' });
    const refused = { code: 'etcd/corrupt' };
    await expect(put(kv, 'a')).rejects.toMatchObject(refused);
    await expect(kv.deleteRange({ key: keyOf('a') })).rejects.toMatchObject(refused);
    await expect(kv.compact(1)).rejects.toMatchObject(refused);
    expect((await kv.range({ key: keyOf('a') })).count).toBe(1);
    await close();
  });
});

describe('a snapshot', () => {
  async function filled() {
    const store = await open(memoryBackend());
    for (let n = 0; n < 1200; n += 1) await put(store.kv, `k${n}`, `value ${n}`);
    await store.kv.grantLease(60, leaseId(7n));
    await store.cluster.setPeerUrls(['http://a:1']);
    return store;
  }

  test('is of one moment, as large as it says, and a new store comes of it', async () => {
    const store = await filled();
    const before = await store.kv.range(prefixRange(''));
    const { pieces, sizeBytes } = await store.maintenance.snapshot(forever);
    await put(store.kv, 'after');
    const file = await bytesOf(snapshotFile(pieces));
    expect([file.length, file.length % 512]).toEqual([sizeBytes + 32, 32]);
    const backend = memoryBackend();
    const facts = await fillFrom(realRandom, memoryBytes(file), backend, {});
    expect(facts).toEqual(await verifySnapshot(memoryBytes(file)));
    expect(facts.revision).toBe(before.revision);
    const again = await open(backend, { verify: 'full' });
    expect(await again.kv.range(prefixRange(''))).toEqual(before);
    expect(await again.kv.leases()).toEqual([7n]);
    expect(again.clusterId).not.toBe(store.clusterId);
    expect((await again.maintenance.hashKv(0)).hash).toBe(
      (await store.maintenance.hashKv(before.revision)).hash,
    );
    await again.close();
    await store.close();
  });

  test('with any byte changed, cut off or added is refused', async () => {
    const store = await open(memoryBackend());
    await put(store.kv, 'a');
    const file = await bytesOf(snapshotFile((await store.maintenance.snapshot(forever)).pieces));
    await store.close();
    for (let at = 0; at < file.length; at += 97) {
      const bad = Buffer.from(file);
      bad[at] = (bad[at] ?? 0) ^ 0x40;
      await expect(verifySnapshot(memoryBytes(bad))).rejects.toMatchObject({
        code: 'store/snapshot-invalid',
      });
    }
    for (const wrong of [
      file.subarray(0, -1),
      file.subarray(0, 30),
      Buffer.alloc(0),
      Buffer.concat([file, file]),
    ]) {
      await expect(verifySnapshot(memoryBytes(wrong))).rejects.toMatchObject({
        code: 'store/snapshot-invalid',
      });
    }
  });

  test('ends early when its reader goes', async () => {
    const store = await filled();
    const stop = new AbortController();
    const { pieces, sizeBytes } = await store.maintenance.snapshot(stop.signal);
    stop.abort();
    expect((await bytesOf(pieces)).length).toBeLessThan(sizeBytes);
    await store.close();
  });
});

describe('the full check', () => {
  const record = {
    isDelete: false,
    createRevision: 3,
    version: 1,
    lease: leaseId(0n),
    key: keyOf('b'),
    value: keyOf(''),
  };
  test.each([
    ['a key created twice', { ...record, key: keyOf('a') }],
    ['a version that leaps', { ...record, key: keyOf('a'), createRevision: 2, version: 3 }],
    ['a change of nothing', { ...record, createRevision: 2, version: 2 }],
    ['a delete of nothing', { ...record, isDelete: true, createRevision: 0, version: 0 }],
    ['a lease that is not there', { ...record, lease: leaseId(9n) }],
  ])('finds %s', async (_, wrong) => {
    const backend = faultyBackend();
    const store = await open(backend);
    await put(store.kv, 'a');
    await store.close();
    await (await open(backend, { verify: 'full' })).close();
    await backend.commit([{ kind: 'put', key: encodeRecordKey(3, 0), value: encodeRecord(wrong) }]);
    await expect(open(backend, { verify: 'full' })).rejects.toMatchObject({ code: 'store/corrupt' });
  });

  test('finds a value with a bit that was flipped, which nothing else sees', async () => {
    const backend = faultyBackend();
    const store = await open(backend);
    await put(store.kv, 'a', 'a value');
    await store.close();
    const at = encodeRecordKey(2, 0);
    const value = Buffer.from(backend.get(at) ?? []);
    const place = value.indexOf('value');
    value[place] = (value[place] ?? 0) ^ 1;
    await backend.commit([{ kind: 'put', key: at, value }]);
    await (await open(backend)).close();
    await expect(open(backend, { verify: 'full' })).rejects.toMatchObject({
      code: 'store/corrupt',
      message: expect.stringContaining('in revision 2.0: is not as it was written'),
    });
  });

  test('allows for what was compacted away', async () => {
    const backend = faultyBackend();
    const { kv, close } = await open(backend);
    for (const key of ['a', 'b', 'a', 'b', 'c']) await put(kv, key);
    await kv.deleteRange({ key: keyOf('b') });
    await put(kv, 'b');
    for (const at of [3, 5, 7, 8]) {
      await kv.compact(at, { physical: true });
      await (await open(backend, { verify: 'full' })).close();
    }
    await close();
  });
});

describe('automatic compaction', () => {
  test('by time keeps what was readable a retention ago', async () => {
    const clock = manualClock();
    const { kv, close } = await open(
      memoryBackend(),
      { autoCompaction: { mode: 'periodic', retentionMs: 100_000 } },
      clock,
    );
    const oldest = async () => {
      for (let at = 1; ; at += 1) {
        const found = await kv.range({ key: keyOf('a'), revision: at }).then(
          () => true,
          () => false,
        );
        if (found) return at;
      }
    };
    for (let n = 0; n < 9; n += 1) {
      await put(kv, 'a');
      await clock.advance(10_000);
    }
    await put(kv, 'a');
    expect(await oldest()).toBe(1);
    for (let n = 0; n < 11; n += 1) {
      await put(kv, 'a');
      await clock.advance(10_000);
    }
    // 200 s have gone: compacted to what was the newest at 100 s.
    expect(await oldest()).toBeGreaterThan(9);
    expect(await oldest()).toBeLessThan(13);
    await close();
  });

  test('by a long time waits all of it after a start', async () => {
    const backend = faultyBackend();
    const first = await open(backend);
    for (let n = 0; n < 9; n += 1) await put(first.kv, 'a');
    await first.close();
    const clock = manualClock();
    const options = { autoCompaction: { mode: 'periodic', retentionMs: 7_200_000 } } as const;
    const { kv, close } = await open(backend, options, clock);
    await put(kv, 'a');
    const old = { key: keyOf('a'), revision: 9 };
    await clock.advance(7_199_000);
    expect(await kv.range(old)).toMatchObject({ count: 1 });
    await clock.advance(1_000);
    await expect(kv.range(old)).rejects.toMatchObject({ code: 'etcd/compacted' });
    expect(await kv.range({ ...old, revision: 10 })).toMatchObject({ count: 1 });
    await close();
  });

  test('by revisions looks every five minutes', async () => {
    const clock = manualClock();
    const { kv, close } = await open(
      memoryBackend(),
      { autoCompaction: { mode: 'revision', retention: 3 } },
      clock,
    );
    for (let n = 0; n < 10; n += 1) await put(kv, 'a');
    await clock.advance(299_000);
    await kv.range({ key: keyOf('a'), revision: 2 });
    await clock.advance(1_000);
    await expect(kv.range({ key: keyOf('a'), revision: 7 })).rejects.toMatchObject({
      code: 'etcd/compacted',
    });
    await kv.range({ key: keyOf('a'), revision: 8 });
    await close();
  });
});
