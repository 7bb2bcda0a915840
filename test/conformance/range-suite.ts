// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { type Kv, keyOf, prefixRange, type RangeRequest, textOf } from '../../src/etcd/index.js';
import { codeOf, type SuiteContext } from './kv-suite.js';

const put = (kv: Kv, key: string, value: string) => kv.put({ key: keyOf(key), value: keyOf(value) });
const get = async (kv: Kv, key: string, more: Partial<RangeRequest> = {}) =>
  (await kv.range({ key: keyOf(key), ...more })).kvs[0];

export function rangeSuite(context: SuiteContext): void {
  describe('put, range, delete', () => {
    test('a put raises the revision by one; create, mod and version follow', async () => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      const first = await put(kv, key, '1');
      const second = await put(kv, key, '2');
      expect(second.revision).toBe(first.revision + 1);
      const found = await get(kv, key);
      expect(found).toMatchObject({
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        lease: 0n,
      });
      expect(textOf(found?.value ?? keyOf(''))).toBe('2');
    });

    test('a key deleted and put again begins anew', async () => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      await put(kv, key, '1');
      await put(kv, key, '2');
      const gone = await kv.deleteRange({ key: keyOf(key), prevKv: true });
      expect(gone.deleted).toBe(1);
      expect(gone.prevKvs.map((one) => textOf(one.value))).toEqual(['2']);
      expect(await get(kv, key)).toBeUndefined();
      const again = await put(kv, key, '3');
      expect(await get(kv, key)).toMatchObject({ createRevision: again.revision, version: 1 });
    });

    test('deleting nothing leaves the revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const before = (await kv.range({ key: keyOf(prefix) })).revision;
      const answer = await kv.deleteRange(prefixRange(prefix));
      expect(answer).toMatchObject({ deleted: 0, revision: before });
      expect((await kv.range({ key: keyOf(prefix) })).revision).toBe(before);
    });

    test('deleting many takes one revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      for (const name of ['a', 'b', 'c']) await put(kv, prefix + name, name);
      const before = await put(kv, `${prefix}d`, 'd');
      const gone = await kv.deleteRange({ ...prefixRange(prefix), prevKv: true });
      expect(gone).toMatchObject({ deleted: 4, revision: before.revision + 1 });
      expect(gone.prevKvs.map((one) => textOf(one.key))).toEqual(['a', 'b', 'c', 'd'].map((n) => prefix + n));
    });

    test('old revisions stay readable, future ones are refused', async () => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      const first = await put(kv, key, '1');
      const second = await put(kv, key, '2');
      await kv.deleteRange({ key: keyOf(key) });
      const at = async (revision: number) =>
        textOf((await get(kv, key, { revision }))?.value ?? keyOf('none'));
      expect(await at(first.revision)).toBe('1');
      expect(await at(second.revision)).toBe('2');
      expect(await at(second.revision + 1)).toBe('none');
      expect(await at(first.revision - 1)).toBe('none');
      const future = kv.range({ key: keyOf(key), revision: second.revision + 1000 });
      expect(await codeOf(future)).toBe('etcd/future-revision');
    });

    test('prevKv of a put is what it replaced', async () => {
      const kv = context.kv();
      const key = keyOf(`${context.prefix()}a`);
      expect((await kv.put({ key, value: keyOf('1'), prevKv: true })).prevKv).toBeUndefined();
      const second = await kv.put({ key, value: keyOf('2'), prevKv: true });
      expect(textOf(second.prevKv?.value ?? keyOf(''))).toBe('1');
      expect(second.prevKv?.version).toBe(1);
    });

    test('ignoreValue and ignoreLease keep the old ones and need a key', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const { id } = await kv.grantLease(60);
      const key = keyOf(`${prefix}a`);
      await kv.put({ key, value: keyOf('old'), lease: id });
      await kv.put({ key, value: keyOf(''), ignoreValue: true });
      const kept = await get(kv, `${prefix}a`);
      expect([textOf(kept?.value ?? keyOf('')), kept?.lease]).toEqual(['old', 0n]);
      await kv.put({ key, value: keyOf('x'), lease: id });
      await kv.put({ key, value: keyOf('new'), ignoreLease: true });
      expect(await get(kv, `${prefix}a`)).toMatchObject({ lease: id });
      const missing = { key: keyOf(`${prefix}b`), value: keyOf('') };
      expect(await codeOf(kv.put({ ...missing, ignoreValue: true }))).toBe('etcd/key-not-found');
      expect(await codeOf(kv.put({ ...missing, ignoreLease: true }))).toBe('etcd/key-not-found');
      const both = kv.put({ key, value: keyOf('v'), ignoreValue: true });
      expect(await codeOf(both)).toBe('etcd/value-provided');
      const bothLeases = kv.put({ key, value: keyOf('v'), lease: id, ignoreLease: true });
      expect(await codeOf(bothLeases)).toBe('etcd/lease-provided');
      await kv.revokeLease(id);
    });

    test('an empty key is refused everywhere', async () => {
      const kv = context.kv();
      const key = keyOf('');
      expect(await codeOf(kv.range({ key }))).toBe('etcd/key-empty');
      expect(await codeOf(kv.put({ key, value: keyOf('x') }))).toBe('etcd/key-empty');
      expect(await codeOf(kv.deleteRange({ key }))).toBe('etcd/key-empty');
    });

    test('keys are bytes, in byte order', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const tails = [[0], [0, 0], [1], [0x7f], [0x80], [0xc3, 0x28], [0xff], [0xff, 0xff]];
      const keys = tails.map((tail) => Uint8Array.from([...keyOf(prefix), ...tail]));
      for (const key of keys.toReversed()) await kv.put({ key, value: key });
      const found = (await kv.range(prefixRange(prefix))).kvs;
      expect(found.map((one) => [...one.key])).toEqual(keys.map((key) => [...key]));
      expect(found.map((one) => [...one.value])).toEqual(keys.map((key) => [...key]));
    });

    test('an empty value is a value', async () => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      await put(kv, key, '');
      expect((await get(kv, key))?.value.length).toBe(0);
    });
  });

  describe('range options', () => {
    const fill = async (kv: Kv, prefix: string) => {
      // Values against the key order; `b` has the highest version, `a` the newest write.
      for (const [name, value] of [
        ['a', '4'],
        ['b', '3'],
        ['c', '2'],
        ['d', '1'],
      ] as const) {
        await put(kv, prefix + name, value);
      }
      for (const value of ['3', '3']) await put(kv, `${prefix}b`, value);
      await put(kv, `${prefix}a`, '4');
    };
    const names = async (kv: Kv, prefix: string, more: Partial<RangeRequest>) => {
      const answer = await kv.range({ ...prefixRange(prefix), ...more });
      return answer.kvs.map((one) => textOf(one.key).slice(prefix.length)).join('');
    };

    test.for<[string, Partial<RangeRequest>, string]>([
      ['no order', {}, 'abcd'],
      ['key, descending', { sortOrder: 'descend' }, 'dcba'],
      ['value, ascending', { sortOrder: 'ascend', sortTarget: 'value' }, 'dcba'],
      ['value, no order given', { sortTarget: 'value' }, 'dcba'],
      ['version, descending', { sortOrder: 'descend', sortTarget: 'version' }, 'bacd'],
      ['create, descending', { sortOrder: 'descend', sortTarget: 'create' }, 'dcba'],
      ['mod, ascending', { sortOrder: 'ascend', sortTarget: 'mod' }, 'cdba'],
      ['limit', { limit: 2 }, 'ab'],
      ['limit after sorting', { limit: 2, sortOrder: 'descend' }, 'dc'],
    ])('%s', async ([, more, expected]) => {
      const kv = context.kv();
      const prefix = context.prefix();
      await fill(kv, prefix);
      expect(await names(kv, prefix, more)).toBe(expected);
    });

    test('limit says more and counts all', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      await fill(kv, prefix);
      const cut = await kv.range({ ...prefixRange(prefix), limit: 3 });
      expect([cut.kvs.length, cut.more, cut.count]).toEqual([3, true, 4]);
      const whole = await kv.range({ ...prefixRange(prefix), limit: 4 });
      expect([whole.kvs.length, whole.more, whole.count]).toEqual([4, false, 4]);
    });

    test('countOnly and keysOnly', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      await fill(kv, prefix);
      const counted = await kv.range({ ...prefixRange(prefix), countOnly: true });
      expect([counted.kvs.length, counted.more, counted.count]).toEqual([0, false, 4]);
      const keys = await kv.range({ ...prefixRange(prefix), keysOnly: true });
      expect(keys.kvs.map((one) => one.value.length)).toEqual([0, 0, 0, 0]);
      expect(keys.kvs.map((one) => one.version)).toEqual([2, 3, 1, 1]);
    });

    test('bounds on mod and create revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      await fill(kv, prefix);
      const all = (await kv.range(prefixRange(prefix))).kvs;
      const mod = all.map((one) => one.modRevision);
      const create = all.map((one) => one.createRevision);
      expect(await names(kv, prefix, { minModRevision: mod[1] ?? 0 })).toBe('ab');
      expect(await names(kv, prefix, { maxModRevision: mod[2] ?? 0 })).toBe('c');
      expect(await names(kv, prefix, { minCreateRevision: create[1] ?? 0 })).toBe('bcd');
      expect(await names(kv, prefix, { maxCreateRevision: create[1] ?? 0 })).toBe('ab');
      const counted = await kv.range({ ...prefixRange(prefix), maxModRevision: mod[2] ?? 0, limit: 1 });
      expect([counted.more, counted.count]).toEqual([false, 4]);
    });

    test('single key, from key on, empty interval', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      await fill(kv, prefix);
      const count = async (key: string, rangeEnd?: Uint8Array) =>
        (await kv.range({ key: keyOf(key), ...(rangeEnd && { rangeEnd }), countOnly: true })).count;
      expect(await count(`${prefix}a`)).toBe(1);
      expect(await count(`${prefix}c`, keyOf(`${prefix}d`))).toBe(1);
      expect(await count(`${prefix}d`, keyOf(`${prefix}a`))).toBe(0);
      expect(await count(`${prefix}b`, Uint8Array.of(0))).toBeGreaterThanOrEqual(3);
    });
  });

  describe('compaction', () => {
    test('older revisions are refused, the newest write of each key stays', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const first = await put(kv, `${prefix}a`, '1');
      await put(kv, `${prefix}b`, '1');
      const third = await put(kv, `${prefix}a`, '2');
      const last = await put(kv, `${prefix}a`, '3');
      await kv.compact(third.revision, { physical: true });
      const at = (revision: number) => kv.range({ ...prefixRange(prefix), revision });
      expect(await codeOf(at(first.revision))).toBe('etcd/compacted');
      const values = async (revision: number) => (await at(revision)).kvs.map((one) => textOf(one.value));
      expect(await values(third.revision)).toEqual(['2', '1']);
      expect(await values(last.revision)).toEqual(['3', '1']);
      expect(await codeOf(kv.compact(third.revision))).toBe('etcd/compacted');
      expect(await codeOf(kv.compact(last.revision + 1000))).toBe('etcd/future-revision');
    });
  });
}
