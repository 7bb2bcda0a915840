// SPDX-License-Identifier: Apache-2.0

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock, silentLog } from '../../src/effects/index.js';
import {
  connect,
  type EtcdClient,
  holdLease,
  keyOf,
  type MirrorMessage,
  mirror,
  prefixRange,
  textOf,
  type WatchMessage,
} from '../../src/etcd/index.js';
import { leaseId } from '../../src/model/index.js';
import { hasEtcd, startEtcd } from '../conformance/real-etcd.js';
import { freePort } from '../free-port.js';
import { type Served, startServed } from './etcd-parts.js';

const coded = (code: string) => expect.objectContaining({ code });

/** What a client must find behind an endpoint, whoever serves it. */
function clientSuite(
  name: string,
  isPossible: boolean,
  start: () => Promise<{ url: string; close(): Promise<void> }>,
) {
  describe.skipIf(!isPossible)(`connect against ${name}`, () => {
    const parts: { server?: { url: string; close(): Promise<void> }; client?: EtcdClient } = {};
    const client = (): EtcdClient => {
      if (parts.client === undefined) throw new Error('not connected');
      return parts.client;
    };
    beforeAll(async () => {
      parts.server = await start();
      parts.client = connect([parts.server.url]);
    });
    afterAll(async () => {
      await parts.client?.close();
      await parts.server?.close();
    });
    const put = (key: string, value: string) => client().put({ key: keyOf(key), value: keyOf(value) });

    it('puts, reads, reads the past, and deletes', async () => {
      const first = await put('a/1', 'one');
      const second = await client().put({ key: keyOf('a/1'), value: keyOf('two'), prevKv: true });
      expect(second.revision).toBe(first.revision + 1);
      expect(textOf(second.prevKv?.value ?? keyOf(''))).toBe('one');
      const now = await client().range(prefixRange('a/'));
      expect(now).toMatchObject({ revision: second.revision, more: false, count: 1 });
      expect(now.kvs[0]).toMatchObject({
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        lease: 0n,
      });
      const then = await client().range({ key: keyOf('a/1'), revision: first.revision });
      expect(then.kvs.map((kv) => textOf(kv.value))).toEqual(['one']);
      const gone = await client().deleteRange({ ...prefixRange('a/'), prevKv: true });
      expect(gone.deleted).toBe(1);
      expect(gone.prevKvs.map((kv) => textOf(kv.value))).toEqual(['two']);
    });

    it('takes any bytes, and a value of a megabyte', async () => {
      const key = Uint8Array.of(0x62, 0, 255, 254);
      const value = Buffer.alloc(1_000_000, Uint8Array.from([0, 1, 2, 253]));
      await client().put({ key, value });
      const { kvs } = await client().range({ key });
      expect(Buffer.compare(kvs[0]?.value ?? keyOf(''), value)).toBe(0);
      await client().deleteRange({ key });
    });

    it('orders, limits and counts', async () => {
      for (const name of ['x', 'y', 'z']) await put(`o/${name}`, name);
      const last = await client().range({
        ...prefixRange('o/'),
        limit: 2,
        sortOrder: 'descend',
        sortTarget: 'key',
      });
      expect(last.kvs.map((kv) => textOf(kv.key))).toEqual(['o/z', 'o/y']);
      expect(last).toMatchObject({ more: true, count: 3 });
      const keys = await client().range({ ...prefixRange('o/'), keysOnly: true });
      expect(keys.kvs.every((kv) => kv.value.length === 0)).toBe(true);
      expect(await client().range({ ...prefixRange('o/'), countOnly: true })).toMatchObject({
        kvs: [],
        count: 3,
      });
    });

    it('does a transaction by its compares, in one revision', async () => {
      const create = {
        compare: [{ key: keyOf('t/1'), target: 'create', result: 'equal', number: 0 }],
        success: [
          { kind: 'put', request: { key: keyOf('t/1'), value: keyOf('v') } },
          { kind: 'put', request: { key: keyOf('t/2'), value: keyOf('w') } },
        ],
        failure: [{ kind: 'range', request: { key: keyOf('t/1') } }],
      } as const;
      const created = await client().txn(create);
      expect(created.succeeded).toBe(true);
      expect(created.responses.map((response) => response.kind)).toEqual(['put', 'put']);
      const again = await client().txn(create);
      expect(again.succeeded).toBe(false);
      const [answer] = again.responses;
      expect(answer?.kind === 'range' && answer.response.kvs[0]?.modRevision).toBe(created.revision);
      const both = await client().range(prefixRange('t/'));
      expect(both.kvs.map((kv) => kv.modRevision)).toEqual([created.revision, created.revision]);
    });

    it('compares values, leases and ranges', async () => {
      await put('c/1', 'v');
      const isTrue = async (compare: Parameters<EtcdClient['txn']>[0]['compare'][number]) =>
        (await client().txn({ compare: [compare], success: [], failure: [] })).succeeded;
      const key = keyOf('c/1');
      expect(await isTrue({ key, target: 'value', result: 'equal', value: keyOf('v') })).toBe(true);
      expect(await isTrue({ key, target: 'value', result: 'greater', value: keyOf('w') })).toBe(false);
      expect(await isTrue({ key, target: 'lease', result: 'not-equal', lease: leaseId(5n) })).toBe(true);
      expect(await isTrue({ ...prefixRange('c/'), target: 'version', result: 'less', number: 2 })).toBe(true);
      expect(await isTrue({ key, target: 'version', result: 'equal', number: 0 })).toBe(false);
    });

    it('keeps keys as long as their lease', async () => {
      const { id, ttlSeconds } = await client().grantLease(60);
      expect(ttlSeconds).toBe(60);
      expect(id).not.toBe(0n);
      await client().put({ key: keyOf('l/1'), value: keyOf('v'), lease: id });
      expect(await client().leases()).toContain(id);
      expect(await client().keepAlive(id)).toBe(60);
      const info = await client().timeToLive(id, { keys: true });
      expect(info.grantedTtlSeconds).toBe(60);
      expect(info.ttlSeconds).toBeGreaterThan(50);
      expect(info.keys.map(textOf)).toEqual(['l/1']);
      await client().revokeLease(id);
      expect((await client().range({ key: keyOf('l/1') })).count).toBe(0);
      expect(await client().keepAlive(id)).toBeUndefined();
      expect((await client().timeToLive(id)).ttlSeconds).toBe(-1);
    });

    it('takes lease ids of all 64 bits, chosen by the client', async () => {
      const id = leaseId(2n ** 63n - 25n);
      expect((await client().grantLease(60, id)).id).toBe(id);
      await expect(client().grantLease(60, id)).rejects.toThrow(coded('etcd/lease-exists'));
      await client().revokeLease(id);
      await expect(client().revokeLease(id)).rejects.toThrow(coded('etcd/lease-not-found'));
    });

    it.each([
      ['etcd/key-empty', () => client().range({ key: new Uint8Array(0) })],
      ['etcd/future-revision', () => client().range({ key: keyOf('a'), revision: 1_000_000 })],
      [
        'etcd/lease-not-found',
        () => client().put({ key: keyOf('a'), value: keyOf('b'), lease: leaseId(77n) }),
      ],
      ['etcd/request-too-large', () => client().put({ key: keyOf('a'), value: Buffer.alloc(1_600_000) })],
      [
        'etcd/key-not-found',
        () => client().put({ key: keyOf('no'), value: new Uint8Array(0), ignoreValue: true }),
      ],
      ['etcd/lease-ttl-too-large', () => client().grantLease(9_000_000_001)],
    ] as const)('throws %s', async (code, call) => {
      await expect(call()).rejects.toThrow(coded(code));
    });

    it('throws etcd/compacted for what is forgotten', async () => {
      const { revision } = await put('k/1', '1');
      await put('k/1', '2');
      expect(await client().compact(revision + 1)).toBeGreaterThanOrEqual(revision + 1);
      await expect(client().range({ key: keyOf('k/1'), revision })).rejects.toThrow(coded('etcd/compacted'));
      const messages = await take(client().watch({ key: keyOf('k/1'), startRevision: revision }, never), 9);
      expect(messages.map((message) => message.kind)).toEqual(['created', 'compacted']);
    });

    it('watches from the past into the present, with what was before', async () => {
      const { revision } = await put('w/1', 'old');
      const stop = new AbortController();
      const request = { ...prefixRange('w/'), startRevision: revision, prevKv: true };
      const seen = take(client().watch(request, stop.signal), 4);
      await put('w/1', 'new');
      await client().deleteRange({ key: keyOf('w/1') });
      const messages = await seen;
      const events = messages.flatMap((message) => (message.kind === 'events' ? message.events : []));
      const lines = events.map(
        ({ kind, kv, prevKv }) => `${kind} ${textOf(kv.value)} was ${prevKv && textOf(prevKv.value)}`,
      );
      expect(lines.slice(0, 3)).toEqual(['put old was undefined', 'put new was old', 'delete  was new']);
      stop.abort();
    });

    it('ends a watch when its signal fires, without an error', async () => {
      const stop = new AbortController();
      const kinds: string[] = [];
      for await (const message of client().watch(prefixRange('nothing/'), stop.signal)) {
        kinds.push(message.kind);
        stop.abort();
      }
      expect(kinds).toEqual(['created']);
    });

    it('answers a progress request once all is delivered', async () => {
      const stop = new AbortController();
      const watching = client().watch(prefixRange('p/'), stop.signal);
      const messages: WatchMessage[] = [];
      for await (const message of watching) {
        messages.push(message);
        if (message.kind === 'created') watching.requestProgress?.();
        if (message.kind === 'progress') break;
      }
      expect(messages.map((message) => message.kind)).toEqual(['created', 'progress']);
    });

    it('tells status and members', async () => {
      const status = await client().status();
      const members = await client().memberList();
      expect(members).toHaveLength(1);
      expect(members[0]).toMatchObject({
        id: status.memberId,
        isLearner: false,
        clientUrls: [parts.server?.url],
      });
      expect(status.leader).toBe(status.memberId);
      expect(status.revision).toBeGreaterThan(1);
      expect(status.version).toMatch(/^3\.\d+\.\d+$/);
    });

    it('mirrors a prefix and holds a lease on it', async () => {
      const stop = new AbortController();
      const held = gate();
      const deps = { kv: client(), clock: realClock, log: silentLog };
      const holding = holdLease(
        deps,
        30,
        async (lease) => {
          await client().put({ key: keyOf('h/1'), value: keyOf('here'), lease });
          held.open();
        },
        stop.signal,
      );
      await held.opened;
      const seen: MirrorMessage[] = [];
      for await (const message of mirror(deps, prefixRange('h/'), never)) {
        seen.push(message);
        if (message.kind === 'snapshot') stop.abort();
        else break;
      }
      await holding;
      expect(seen[0]?.kind === 'snapshot' && [...seen[0].entries.keys()]).toEqual(['h/1']);
      expect(seen[1]?.kind === 'changes' && seen[1].events[0]?.kind).toBe('delete');
    });

    it('makes many calls at a time on one connection', async () => {
      const names = Array.from({ length: 300 }, (_, index) => `many/${index}`);
      await Promise.all(names.map((name) => put(name, name)));
      expect((await client().range({ ...prefixRange('many/'), countOnly: true })).count).toBe(300);
      const read = await Promise.all(names.map((name) => client().range({ key: keyOf(name) })));
      expect(read.map(({ kvs }) => kvs[0] && textOf(kvs[0].value))).toEqual(names);
    });
  });
}

const never = new AbortController().signal;

/** A promise to be resolved by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const state: { resolve: () => void } = { resolve: () => {} };
  const opened = new Promise<void>((resolve) => {
    state.resolve = resolve;
  });
  return { opened, open: () => state.resolve() };
}

/** Up to `count` messages, and then no more. */
async function take(watching: AsyncIterable<WatchMessage>, count: number): Promise<WatchMessage[]> {
  const seen: WatchMessage[] = [];
  for await (const message of watching) {
    seen.push(message);
    const events = seen.reduce((sum, { kind }) => sum + (kind === 'created' ? 1 : 0), 0);
    const delivered = seen.reduce(
      (sum, item) => sum + (item.kind === 'events' ? item.events.length : 0),
      events,
    );
    if (delivered >= count) break;
  }
  return seen;
}

clientSuite('real etcd', hasEtcd(), startEtcd);
clientSuite('serveKv', true, startServed);

describe('connect when the other side fails', () => {
  it('refuses what is no endpoint at once', () => {
    for (const endpoints of [[], ['ftp://a:1'], ['not a url']]) {
      expect(() => connect(endpoints)).toThrow(coded('etcd/bad-endpoint'));
    }
  });

  it('throws etcd/unavailable where nobody listens, naming each endpoint', async () => {
    const ports = [await freePort(), await freePort()];
    const client = connect(ports.map((port) => `127.0.0.1:${port}`));
    const error = await client.leases().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'etcd/unavailable', retry: 'later' });
    for (const port of ports) expect(String(error)).toContain(String(port));
    await client.close();
  });

  it('goes on at the next endpoint when one dies, breaking its watches', async () => {
    const first = await startServed();
    const second = await startServed();
    const client = connect([first.url, second.url]);
    try {
      await client.put({ key: keyOf('where'), value: keyOf('first') });
      const watching = (async () => {
        for await (const message of client.watch(prefixRange(''), never)) {
          if (message.kind === 'created') void first.close();
        }
      })();
      await expect(watching).rejects.toThrow(coded('etcd/unavailable'));
      await client.put({ key: keyOf('where'), value: keyOf('second') });
      expect((await second.kv.range({ key: keyOf('where') })).count).toBe(1);
    } finally {
      await client.close();
      await first.close();
      await second.close();
    }
  });

  it('comes back to a server that was started again', async () => {
    const first = await startServed();
    const port = Number(new URL(first.url).port);
    const client = connect([first.url], { timeoutMs: 2_000 });
    const parts: { again?: Served } = {};
    try {
      await client.leases();
      await first.close();
      await expect(client.leases()).rejects.toThrow(coded('etcd/unavailable'));
      parts.again = await startServed(undefined, { port });
      expect(await client.leases()).toEqual([]);
    } finally {
      await client.close();
      await first.close();
      await parts.again?.close();
    }
  });

  it('gives up a call that is not answered in time', async () => {
    const answer = gate();
    const server = await startServed((kv) => ({ ...kv, leases: () => answer.opened.then(() => []) }));
    const client = connect([server.url], { timeoutMs: 200 });
    await expect(client.leases()).rejects.toThrow(coded('etcd/deadline-exceeded'));
    expect((await client.range({ key: keyOf('a') })).count).toBe(0);
    await client.close();
    answer.open();
    await server.close();
  });

  it('throws etcd/unavailable after close, and breaks what was open', async () => {
    const server = await startServed();
    const client = connect([server.url]);
    const watching = (async () => {
      for await (const message of client.watch(prefixRange(''), never)) {
        if (message.kind === 'created') await client.close();
      }
    })();
    await expect(watching).rejects.toThrow(coded('etcd/unavailable'));
    await expect(client.leases()).rejects.toThrow(coded('etcd/unavailable'));
    await client.close();
    await server.close();
  });

  it('throws etcd/unavailable when the answer is not gRPC', async () => {
    const http = await import('node:http');
    const server = http.createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const client = connect([`http://127.0.0.1:${port}`]);
    await expect(client.leases()).rejects.toThrow(coded('etcd/unavailable'));
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
