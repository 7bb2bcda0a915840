// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { keyOf, prefixRange, textOf } from '../../src/etcd/index.js';
import { leaseId } from '../../src/model/index.js';
import { codeOf, type SuiteContext } from './kv-suite.js';

export function leaseSuite(context: SuiteContext): void {
  describe('leases', () => {
    test('revoking deletes the keys in one revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const { id, ttlSeconds } = await kv.grantLease(60);
      expect(ttlSeconds).toBe(60);
      for (const name of ['a', 'b'])
        await kv.put({ key: keyOf(prefix + name), value: keyOf(name), lease: id });
      const before = (await kv.put({ key: keyOf(`${prefix}c`), value: keyOf('c') })).revision;
      const revoked = await kv.revokeLease(id);
      expect(revoked).toBe(before + 1);
      expect((await kv.range(prefixRange(prefix))).kvs.map((one) => textOf(one.key))).toEqual([`${prefix}c`]);
      expect(await codeOf(kv.revokeLease(id))).toBe('etcd/lease-not-found');
    });

    test('granting and revoking without keys leave the revision', async () => {
      const kv = context.kv();
      const before = (await kv.range({ key: keyOf('x') })).revision;
      const { id } = await kv.grantLease(60);
      expect(await kv.revokeLease(id)).toBe(before);
    });

    test('a chosen id is kept, one that is taken is refused', async () => {
      const kv = context.kv();
      const id = leaseId(0x1234_5678_9abc_def0n);
      expect(await kv.grantLease(60, id)).toEqual({ id, ttlSeconds: 60 });
      expect(await codeOf(kv.grantLease(60, id))).toBe('etcd/lease-exists');
      await kv.revokeLease(id);
      expect((await kv.grantLease(60, id)).id).toBe(id);
      await kv.revokeLease(id);
    });

    test('the shortest TTL is 2 seconds, the longest 9000000000', async () => {
      const kv = context.kv();
      const short = await kv.grantLease(1);
      expect(short.ttlSeconds).toBe(2);
      expect(await codeOf(kv.grantLease(9_000_000_001))).toBe('etcd/lease-ttl-too-large');
    });

    test('keepAlive answers the TTL, or that there is no lease', async () => {
      const kv = context.kv();
      const { id } = await kv.grantLease(60);
      expect(await kv.keepAlive(id)).toBe(60);
      await kv.revokeLease(id);
      expect(await kv.keepAlive(id)).toBeUndefined();
    });

    test('timeToLive names the keys', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const { id } = await kv.grantLease(60);
      for (const name of ['b', 'a']) await kv.put({ key: keyOf(prefix + name), value: keyOf(''), lease: id });
      const info = await kv.timeToLive(id, { keys: true });
      expect(info.id).toBe(id);
      expect(info.grantedTtlSeconds).toBe(60);
      expect(info.ttlSeconds).toBeGreaterThan(50);
      expect(info.keys.map(textOf).sort()).toEqual([`${prefix}a`, `${prefix}b`]);
      expect((await kv.timeToLive(id)).keys).toEqual([]);
      expect(await kv.leases()).toContain(id);
      await kv.revokeLease(id);
      expect(await kv.timeToLive(id)).toMatchObject({ ttlSeconds: -1 });
      expect(await kv.leases()).not.toContain(id);
    });

    test('a put with another lease, or none, detaches the key', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const first = await kv.grantLease(60);
      const second = await kv.grantLease(60);
      for (const name of ['a', 'b', 'c']) {
        await kv.put({ key: keyOf(prefix + name), value: keyOf('1'), lease: first.id });
      }
      await kv.put({ key: keyOf(`${prefix}a`), value: keyOf('2') });
      await kv.put({ key: keyOf(`${prefix}b`), value: keyOf('2'), lease: second.id });
      await kv.revokeLease(first.id);
      const left = (await kv.range(prefixRange(prefix))).kvs.map((one) => textOf(one.key));
      expect(left).toEqual([`${prefix}a`, `${prefix}b`]);
      await kv.revokeLease(second.id);
      expect((await kv.range(prefixRange(prefix))).kvs.map((one) => textOf(one.key))).toEqual([`${prefix}a`]);
    });

    test('an unknown lease is refused', async () => {
      const kv = context.kv();
      const lost = kv.put({ key: keyOf('x'), value: keyOf(''), lease: leaseId(0x77n) });
      expect(await codeOf(lost)).toBe('etcd/lease-not-found');
    });

    test('a lease that is not kept alive ends, its keys with it', async () => {
      const kv = context.kv();
      const key = keyOf(`${context.prefix()}a`);
      const ended = new AbortController();
      const watching = kv.watch({ key }, ended.signal)[Symbol.asyncIterator]();
      await watching.next();
      const { id } = await kv.grantLease(2);
      await kv.put({ key, value: keyOf('x'), lease: id });
      await watching.next();
      const message = await watching.next();
      expect(message.value).toMatchObject({ kind: 'events', events: [{ kind: 'delete' }] });
      expect((await kv.range({ key })).count).toBe(0);
      ended.abort();
    }, 20_000);
  });
}
