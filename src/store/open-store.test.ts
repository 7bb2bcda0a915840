// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { type Kv, keyOf, prefixRange, textOf, type WatchMessage } from '../etcd/index.js';
import { leaseId } from '../model/index.js';
import { faultyBackend } from './faulty-backend.js';
import { openStoreOn, type StoreOptions } from './open-store.js';
import { sealed } from './record-checksum.js';

const everything = prefixRange('');
const put = (kv: Kv, key: string, value = '', lease = 0n) =>
  kv.put({ key: keyOf(key), value: keyOf(value), lease: leaseId(lease) });
const keys = async (kv: Kv) => (await kv.range(everything)).kvs.map((one) => textOf(one.key));
const turns = () => new Promise((resolve) => setImmediate(resolve));

async function setup(options: StoreOptions = {}) {
  const backend = faultyBackend();
  const clock = manualClock();
  const random = { bytes: (length: number) => new Uint8Array(length).fill(9) };
  const deps = { clock, random, log: silentLog };
  const store = await openStoreOn(backend, deps, options);
  return { backend, clock, store, kv: store.kv, reopen: () => openStoreOn(backend, deps, options) };
}

/** Messages as they come; `next` waits for one. */
function follow(kv: Kv, request: Parameters<Kv['watch']>[0]) {
  const ended = new AbortController();
  const watching = kv.watch(request, ended.signal);
  const iterator = watching[Symbol.asyncIterator]();
  return {
    watching,
    end: () => ended.abort(),
    async next(): Promise<WatchMessage | undefined> {
      const { value, done } = await iterator.next();
      return done ? undefined : value;
    },
  };
}

describe('leases', () => {
  test('end on time and not before, the earliest first, with one timer', async () => {
    const { clock, kv, store } = await setup();
    await kv.grantLease(10, leaseId(1n));
    await kv.grantLease(5, leaseId(2n));
    await put(kv, 'late', '', 1n);
    await put(kv, 'soon', '', 2n);
    await turns();
    // The other one is the progress timer of watches.
    expect(clock.sleeping()).toBe(2);
    await clock.advance(4_999);
    expect(await keys(kv)).toEqual(['late', 'soon']);
    await clock.advance(1);
    expect(await keys(kv)).toEqual(['late']);
    expect(await kv.leases()).toEqual([1n]);
    await clock.advance(5_000);
    expect(await keys(kv)).toEqual([]);
    expect(clock.sleeping()).toBe(1);
    await store.close();
  });

  test('a renewed one lives on, counted from the renewal', async () => {
    const { clock, kv, store } = await setup();
    await kv.grantLease(10, leaseId(1n));
    await put(kv, 'a', '', 1n);
    await clock.advance(9_000);
    expect(await kv.keepAlive(leaseId(1n))).toBe(10);
    await clock.advance(9_999);
    expect(await keys(kv)).toEqual(['a']);
    expect(await kv.timeToLive(leaseId(1n))).toMatchObject({ ttlSeconds: 0, grantedTtlSeconds: 10 });
    await clock.advance(1);
    expect(await keys(kv)).toEqual([]);
    expect(await kv.keepAlive(leaseId(1n))).toBeUndefined();
    await store.close();
  });

  test('start with their full time when the store was opened again', async () => {
    const { clock, kv, store, reopen } = await setup();
    await kv.grantLease(10, leaseId(1n));
    await put(kv, 'a', '', 1n);
    await clock.advance(8_000);
    await store.close();
    const again = await reopen();
    expect(await again.kv.timeToLive(leaseId(1n), { keys: true })).toMatchObject({
      ttlSeconds: 10,
      keys: [keyOf('a')].map((key) => Buffer.from(key)),
    });
    await clock.advance(9_999);
    expect(await keys(again.kv)).toEqual(['a']);
    await clock.advance(1);
    expect(await keys(again.kv)).toEqual([]);
    await again.close();
  });

  test('a full disk keeps an ended one and its keys, until there is room', async () => {
    const { backend, clock, kv, store } = await setup();
    await kv.grantLease(5, leaseId(1n));
    await put(kv, 'a', '', 1n);
    await put(kv, 'b', '', 1n);
    const before = await kv.range(everything);
    backend.failNext();
    await clock.advance(5_000);
    expect(await kv.range(everything)).toEqual(before);
    const info = await kv.timeToLive(leaseId(1n), { keys: true });
    expect([info.ttlSeconds, info.keys.map(textOf)]).toEqual([0, ['a', 'b']]);
    expect(await kv.keepAlive(leaseId(1n))).toBeUndefined();
    backend.heal();
    await clock.advance(1_000);
    expect(await keys(kv)).toEqual([]);
    expect((await kv.range(everything)).revision).toBe(before.revision + 1);
    await store.close();
  });
});

describe('a failing disk', () => {
  test('full: refuses writes by name, goes on reading, and writes again when there is room', async () => {
    const { backend, kv, store } = await setup();
    await put(kv, 'a', '1');
    backend.failNext();
    await expect(put(kv, 'a', '2')).rejects.toMatchObject({ code: 'store/disk-full', retry: 'later' });
    await expect(kv.deleteRange(everything)).rejects.toMatchObject({ code: 'store/disk-full' });
    await expect(kv.grantLease(5, leaseId(1n))).rejects.toMatchObject({ code: 'store/disk-full' });
    await expect(kv.compact(2)).rejects.toMatchObject({ code: 'store/disk-full' });
    expect((await kv.range(everything)).kvs).toMatchObject([{ version: 1, modRevision: 2 }]);
    expect(await kv.leases()).toEqual([]);
    backend.heal();
    expect((await put(kv, 'a', '3')).revision).toBe(3);
    expect((await kv.range({ ...everything, revision: 2 })).count).toBe(1);
    await store.close();
  });

  test('broken: refuses all later writes, goes on reading', async () => {
    const { backend, kv, store } = await setup();
    await put(kv, 'a', '1');
    backend.failNext(new Error('input/output error'));
    await expect(put(kv, 'a', '2')).rejects.toThrow('input/output error');
    backend.heal();
    await expect(put(kv, 'a', '3')).rejects.toThrow('input/output error');
    expect((await kv.range(everything)).kvs).toMatchObject([{ version: 1 }]);
    await store.close();
  });

  test('nothing is shown before it is on disk', async () => {
    const { backend, kv, store } = await setup();
    const watch = follow(kv, { key: keyOf('a') });
    await watch.next();
    backend.failNext();
    const refused = put(kv, 'a', 'lost');
    const seen = await kv.range({ key: keyOf('a') });
    await expect(refused).rejects.toMatchObject({ code: 'store/disk-full' });
    expect(seen).toMatchObject({ count: 0, revision: 1 });
    backend.heal();
    await put(kv, 'a', 'kept');
    const message = await watch.next();
    expect(message).toMatchObject({ kind: 'events', revision: 2 });
    expect(message?.kind === 'events' && message.events.map((one) => textOf(one.kv.value))).toEqual(['kept']);
    watch.end();
    await store.close();
  });
});

describe('watches', () => {
  test('begin with the first write when they start below zero, until something is forgotten', async () => {
    const { kv, store } = await setup();
    await put(kv, 'a', '1');
    await put(kv, 'b', '2');
    for (const [start, range, count] of [
      [-1, everything, 2],
      [-9, { key: keyOf('b') }, 1],
    ] as const) {
      const watch = follow(kv, { ...range, startRevision: start });
      expect(await watch.next()).toEqual({ kind: 'created', revision: 3 });
      expect(await watch.next()).toMatchObject({ kind: 'events', events: { length: count } });
      watch.end();
    }
    await kv.compact(1);
    const late = follow(kv, { ...everything, startRevision: -1 });
    await late.next();
    expect(await late.next()).toEqual({ kind: 'compacted', compactRevision: 1 });
    await store.close();
  });

  test('a slow reader keeps little in memory and gets the rest from history', async () => {
    const { kv, store } = await setup({ maxWatchQueueBytes: 1_000 });
    const watch = follow(kv, everything);
    await watch.next();
    for (let n = 0; n < 50; n += 1) await put(kv, `k${n % 3}`, String(n));
    const values: string[] = [];
    const messages: number[] = [];
    while (values.length < 50) {
      const message = await watch.next();
      if (message?.kind !== 'events') continue;
      messages.push(message.events.length);
      values.push(...message.events.map((one) => textOf(one.kv.value)));
    }
    expect(values).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
    // Few came one by one from the queue, all others in one piece.
    expect(messages.length).toBeLessThan(8);
    await put(kv, 'k0', 'live again');
    expect(await watch.next()).toMatchObject({ kind: 'events', revision: 52 });
    watch.end();
    await store.close();
  });

  test('a slow reader whose history was compacted away is told', async () => {
    const { kv, store } = await setup({ maxWatchQueueBytes: 300 });
    const watch = follow(kv, { key: keyOf('a') });
    await watch.next();
    for (let n = 0; n < 10; n += 1) await put(kv, 'a', String(n));
    await kv.compact(11, { physical: true });
    expect(await watch.next()).toMatchObject({ kind: 'events' });
    expect(await watch.next()).toEqual({ kind: 'compacted', compactRevision: 11 });
    expect(await watch.next()).toBeUndefined();
    await store.close();
  });

  test('progress on request comes after all events, and periodically to the quiet ones that want it', async () => {
    const { clock, kv, store } = await setup({ progressIntervalMs: 1_000 });
    const plain = follow(kv, { key: keyOf('a') });
    const notified = follow(kv, { key: keyOf('a'), progressNotify: true });
    await plain.next();
    await notified.next();
    await put(kv, 'a');
    plain.watching.requestProgress?.();
    expect((await plain.next())?.kind).toBe('events');
    expect(await plain.next()).toEqual({ kind: 'progress', revision: 2 });
    await notified.next();
    const progress = notified.next();
    await clock.advance(1_000);
    await put(kv, 'other');
    await clock.advance(1_000);
    expect(await progress).toEqual({ kind: 'progress', revision: 3 });
    plain.end();
    notified.end();
    await store.close();
  });

  test('an empty interval is cancelled with its reason', async () => {
    const { kv, store } = await setup();
    const watch = follow(kv, { key: keyOf('b'), rangeEnd: keyOf('a') });
    expect(await watch.next()).toEqual({ kind: 'cancelled', reason: 'mvcc: watcher range is empty' });
    expect(await watch.next()).toBeUndefined();
    await store.close();
  });

  test('closing the store ends them, and refuses everything else', async () => {
    const { kv, store } = await setup();
    const watch = follow(kv, everything);
    await watch.next();
    const next = watch.next();
    await Promise.all([store.close(), expect(next).rejects.toMatchObject({ code: 'etcd/unavailable' })]);
    await expect(put(kv, 'a')).rejects.toMatchObject({ code: 'etcd/stopped' });
    await expect(kv.range(everything)).rejects.toMatchObject({ code: 'etcd/stopped' });
    await store.close();
  });
});

describe('compaction', () => {
  test('goes through all keys, however many, and takes their old records from the backend', async () => {
    const { backend, kv, store } = await setup();
    const total = 2_500;
    const round = () => Promise.all(Array.from({ length: total }, (_, n) => put(kv, `k${n}`)));
    const idle = backend.entryCount();
    await round();
    await round();
    expect(backend.entryCount()).toBe(idle + 2 * total);
    await kv.compact(2 * total + 1, { physical: true });
    // One more: the compact revision.
    expect(backend.entryCount()).toBe(idle + total + 1);
    expect((await kv.range({ ...everything, countOnly: true })).count).toBe(total);
    await store.close();
  });
});

describe('opening', () => {
  test('ids are minted once', async () => {
    const { store, reopen } = await setup();
    await store.close();
    const again = await reopen();
    expect([again.clusterId, again.memberId]).toEqual([store.clusterId, store.memberId]);
    await again.close();
  });

  test('finishes a compaction that a crash cut off', async () => {
    const { backend, kv, store, reopen } = await setup();
    for (let n = 0; n < 5; n += 1) await put(kv, 'a', String(n));
    const size = backend.sizeBytes();
    const commit = backend.commit;
    // The compact revision is stored, then the process is gone.
    const last = { commits: 0 };
    backend.commit = (writes) => {
      last.commits += 1;
      return last.commits > 1 ? Promise.reject(new Error('killed')) : commit(writes);
    };
    await kv.compact(6);
    await store.close();
    expect(backend.sizeBytes()).toBeGreaterThanOrEqual(size);
    backend.commit = commit;
    const again = await reopen();
    await turns();
    expect(backend.sizeBytes()).toBeLessThan(size);
    await expect(again.kv.range({ ...everything, revision: 5 })).rejects.toMatchObject({
      code: 'etcd/compacted',
    });
    expect((await again.kv.range(everything)).revision).toBe(6);
    await again.close();
  });

  test.for<[string, Uint8Array, Uint8Array, string]>([
    ['another program', keyOf('x'), keyOf('y'), 'another program'],
    ['a later version', keyOf('mformat'), sealed(keyOf('muster-store-9')), 'muster-store-9'],
    ['bytes that are no record', Uint8Array.of(0x72, 1), keyOf('y'), 'record key'],
  ])('refuses what %s wrote', async ([, key, value, reason]) => {
    const { backend, store, reopen } = await setup();
    if (key[0] === 0x78) await backend.commit([{ kind: 'remove', key: keyOf('mformat') }]);
    await backend.commit([{ kind: 'put', key, value }]);
    await store.close();
    const refused = reopen();
    await expect(refused).rejects.toMatchObject({ code: 'store/corrupt' });
    await expect(refused).rejects.toThrow(reason);
  });
});
