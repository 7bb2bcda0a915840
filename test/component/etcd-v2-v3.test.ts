// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Handler, realClock, silentLog } from '../../src/effects/index.js';
import { type Kv, keyOf, prefixRange, textOf, v2Handler } from '../../src/etcd/index.js';
import type { Store } from '../../src/store/index.js';
import { memoryStore } from '../../src/store/testing.js';

/** v2 and v3 clients of the same keys, side by side. */
describe('the v2 view beside v3 clients', () => {
  const state: { store?: Store; handler?: Handler } = {};
  const kv = (): Kv => {
    if (state.store === undefined) throw new Error('no store');
    return state.store.kv;
  };

  beforeEach(async () => {
    const store = await memoryStore({}, { minLeaseTtlSeconds: 1 });
    state.store = store;
    state.handler = viewOf(store.kv);
  });
  afterEach(() => state.store?.close());

  function viewOf(over: Kv): Handler {
    const cluster = async () => ({ members: [], leader: undefined });
    return v2Handler({
      kv: over,
      clock: realClock,
      log: silentLog,
      clusterId: 1n,
      version: '3.4.23',
      cluster,
    });
  }

  async function ask(method: string, target: string, form?: string) {
    if (state.handler === undefined) throw new Error('no handler');
    const body = form === undefined ? {} : { body: new URLSearchParams(form) };
    return state.handler(new Request(`http://view/v2/keys${target}`, { method, ...body }));
  }
  const tell = async (method: string, target: string, form?: string) =>
    (await (await ask(method, target, form)).text()).trim();
  const put = (key: string, value: string) => kv().put({ key: keyOf(key), value: keyOf(value) });
  const plainValue = async (key: string) => {
    const { kvs } = await kv().range({ key: keyOf(key) });
    return kvs[0] === undefined ? undefined : textOf(kvs[0].value);
  };
  const paths = (text: string) => [...text.matchAll(/"key":"([^"]+)"/g)].map(([, key]) => key);

  test('plain v3 keys are listed as the article lists them', async () => {
    await put('/_coreos.com/fleet/machines/abc/object', '{}');
    await put('/_coreos.com/fleet/engine/version', '1');
    await put('/coreos.com/updateengine/rebootlock/semaphore', '{"semaphore":1}');
    await put('no/slash', 'x');
    await put('/un//clean', 'x');
    expect(paths(await tell('GET', '/coreos.com?recursive=true'))).toEqual([
      '/coreos.com',
      '/coreos.com/updateengine',
      '/coreos.com/updateengine/rebootlock',
      '/coreos.com/updateengine/rebootlock/semaphore',
    ]);
    expect(paths(await tell('GET', '/'))).toEqual(['/coreos.com']);
    expect(paths(await tell('GET', '/_coreos.com/fleet?recursive=true')).sort()).toEqual([
      '/_coreos.com/fleet',
      '/_coreos.com/fleet/engine',
      '/_coreos.com/fleet/engine/version',
      '/_coreos.com/fleet/machines',
      '/_coreos.com/fleet/machines/abc',
      '/_coreos.com/fleet/machines/abc/object',
    ]);
    expect(await tell('GET', '/coreos.com/updateengine/rebootlock/semaphore')).toBe(
      '{"action":"get","node":{"key":"/coreos.com/updateengine/rebootlock/semaphore",' +
        '"value":"{\\"semaphore\\":1}","modifiedIndex":4,"createdIndex":4}}',
    );
  });

  test('a v2 value is plain for v3, and records are never shown', async () => {
    await tell('PUT', '/message', 'value=hello');
    expect(await plainValue('/message')).toBe('hello');
    await tell('PUT', '/d?dir=true', '');
    expect(paths(await tell('GET', '/?recursive=true'))).toEqual(['/d', '/message']);
    expect((await kv().range({ ...prefixRange('/'), keysOnly: true })).count).toBe(1);
    expect((await ask('GET', '/_muster.v2')).status).toBe(404);
  });

  test('what v3 does to a v2 key is seen at once, and leaves nothing behind', async () => {
    await tell('PUT', '/d/a', 'value=1&ttl=100');
    await tell('PUT', '/d/a', 'value=2&ttl=100');
    const { revision } = await put('/d/a', '3');
    expect(await tell('GET', '/d/a')).toBe(
      `{"action":"get","node":{"key":"/d/a","value":"3","modifiedIndex":${revision},"createdIndex":2}}`,
    );
    await kv().deleteRange({ key: keyOf('/d/a') });
    expect((await ask('GET', '/d/a')).status).toBe(404);
    expect((await ask('PUT', '/d/a?prevExist=true', 'value=x')).status).toBe(404);
    expect((await ask('DELETE', '/d?dir=true')).status).toBe(200);
    expect((await kv().range(prefixRange('_muster.v2/'))).count).toBe(0);
  });

  test('a directory that v3 keys make can be changed, emptied and removed', async () => {
    await put('/d/b/c', '1');
    expect(await tell('PUT', '/d', 'value=x')).toContain('"errorCode":102');
    expect(await tell('DELETE', '/d?dir=true')).toContain('"errorCode":108');
    expect(await tell('PUT', '/d/b/c/e', 'value=x')).toContain(
      '"errorCode":104,"message":"Not a directory","cause":"/d/b/c"',
    );
    const before = paths(await tell('GET', '/d?recursive=true'));
    await tell('PUT', '/d/b/x', 'value=1');
    await kv().deleteRange(prefixRange('/d/'));
    expect(before).toEqual(['/d', '/d/b', '/d/b/c']);
    expect(paths(await tell('GET', '/d?recursive=true'))).toEqual(['/d', '/d/b']);
    await put('/d/b/c', '1');
    expect((await ask('DELETE', '/d?recursive=true')).status).toBe(200);
    expect((await kv().range(prefixRange(''))).kvs.map(({ key }) => textOf(key))).toEqual([
      '_muster.v2.entry',
    ]);
  });

  test('watchers are told what v3 does', async () => {
    const lease = await kv().grantLease(100);
    const stream = await ask('GET', '/?wait=true&recursive=true&stream=true');
    await put('/a/b', '1');
    await put('/a/b', '2');
    await put('/a/_hidden', 'x');
    await put('other', 'x');
    await kv().deleteRange({ key: keyOf('/a/b') });
    await kv().put({ key: keyOf('/l'), value: keyOf('1'), lease: lease.id });
    await kv().revokeLease(lease.id);
    expect(await lines(stream, 5)).toEqual([
      '{"action":"set","node":{"key":"/a/b","value":"1","modifiedIndex":2,"createdIndex":2}}',
      '{"action":"set","node":{"key":"/a/b","value":"2","modifiedIndex":3,"createdIndex":2},' +
        '"prevNode":{"key":"/a/b","value":"1","modifiedIndex":2,"createdIndex":2}}',
      '{"action":"delete","node":{"key":"/a/b","modifiedIndex":6,"createdIndex":2},' +
        '"prevNode":{"key":"/a/b","value":"2","modifiedIndex":3,"createdIndex":2}}',
      '{"action":"set","node":{"key":"/l","value":"1","modifiedIndex":7,"createdIndex":7}}',
      '{"action":"expire","node":{"key":"/l","modifiedIndex":8,"createdIndex":7},' +
        '"prevNode":{"key":"/l","value":"1","modifiedIndex":7,"createdIndex":7}}',
    ]);
  });

  test('the last 1000 indexes can be asked for, and less after a compaction', async () => {
    for (let n = 0; n < 1_004; n += 1) await put('/k', String(n));
    const old = await ask('GET', '/k?wait=true&waitIndex=5');
    expect(old.status).toBe(400);
    expect(old.headers.get('x-etcd-index')).toBe('1005');
    expect((await old.text()).trim()).toBe(
      '{"errorCode":401,"message":"The event in requested index is outdated and cleared",' +
        '"cause":"the requested history has been cleared [6/5]","index":1005}',
    );
    expect(await tell('GET', '/k?wait=true&waitIndex=6')).toContain('"modifiedIndex":6');
    await kv().compact(900);
    expect(await tell('GET', '/k?wait=true&waitIndex=900')).toContain('[901/900]');
    expect(await tell('GET', '/k?wait=true&waitIndex=901')).toContain('"modifiedIndex":901');
  });

  test('concurrent writers of both kinds lose nothing', async () => {
    await tell('PUT', '/counter', 'value=0');
    const other = viewOf(kv());
    const add = async (handler: Handler) => {
      for (;;) {
        const got = await (await handler(new Request('http://view/v2/keys/counter'))).text();
        const [, value = ''] = /"value":"(\d+)"/.exec(got) ?? [];
        const body = new URLSearchParams({ prevValue: value, value: String(Number(value) + 1) });
        const done = await handler(new Request('http://view/v2/keys/counter', { method: 'PUT', body }));
        if (done.status === 200) return;
      }
    };
    const handler = state.handler ?? other;
    const adding = Array.from({ length: 20 }, (_, n) => add(n % 2 === 0 ? handler : other));
    const queued = Array.from({ length: 20 }, () => tell('POST', '/queue', 'value=x'));
    const noise = Array.from({ length: 20 }, (_, n) => put(`/noise/${n}`, 'x'));
    await Promise.all([...adding, ...queued, ...noise]);
    expect(await plainValue('/counter')).toBe('20');
    const { kvs } = await kv().range(prefixRange('/queue/'));
    const byCreation = kvs.toSorted((a, b) => a.createRevision - b.createRevision);
    expect(kvs).toHaveLength(20);
    expect(byCreation).toEqual(kvs);
  });

  test('a file and a directory of one name cannot both be made', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const target = n % 2 === 0 ? '/race' : '/race/below';
        return (await ask('PUT', `${target}?prevExist=false`, 'value=x')).status;
      }),
    );
    const files = (await kv().range(prefixRange('/race'))).kvs.map(({ key }) => textOf(key));
    expect(files).toHaveLength(1);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  });

  test('a large directory that gets a TTL goes whole', async () => {
    for (let n = 0; n < 70; n += 1) await put(`/big/${n}`, 'x');
    await tell('PUT', '/big/own', 'value=x&ttl=1000');
    const watched = await ask('GET', '/big?wait=true&recursive=true&stream=true');
    await tell('PUT', '/big?dir=true&prevExist=true', 'ttl=1');
    const told = await lines(watched, 2);
    expect(told.map((line) => /"action":"\w+","node":{"key":"[^"]+"/.exec(line)?.[0])).toEqual([
      '"action":"update","node":{"key":"/big"',
      '"action":"expire","node":{"key":"/big"',
    ]);
    expect((await ask('GET', '/big')).status).toBe(404);
    expect((await kv().range(prefixRange('/big'))).count).toBe(0);
    expect(await kv().leases()).toEqual([]);
  });

  test('a watcher that goes away ends the watch of the store', async () => {
    const ended = new Promise<void>((resolve) => {
      const watch: Kv['watch'] = (request, signal) => {
        signal.addEventListener('abort', () => resolve());
        return kv().watch(request, signal);
      };
      state.handler = viewOf({ ...kv(), watch });
    });
    const answer = await ask('GET', '/x?wait=true');
    await answer.body?.cancel();
    await ended;
  });

  test('a stream that begins in the past goes on (etcd stops after one event)', async () => {
    await tell('PUT', '/s', 'value=1');
    await tell('PUT', '/s', 'value=2');
    const stream = await ask('GET', '/s?wait=true&stream=true&waitIndex=2');
    await tell('PUT', '/s', 'value=3');
    const told = await lines(stream, 3);
    expect(told.map((line) => /"value":"(\d)"/.exec(line)?.[1])).toEqual(['1', '2', '3']);
  });

  test('a refused write leaves no lease behind', async () => {
    expect((await ask('PUT', '/x?prevExist=true', 'value=1&ttl=50')).status).toBe(404);
    await tell('PUT', '/x', 'value=1&ttl=50');
    await tell('PUT', '/x', 'value=1&ttl=60');
    await tell('DELETE', '/x');
    expect(await kv().leases()).toEqual([]);
  });

  test('a store out of reach is told as 300, and ends long polls empty', async () => {
    const poll = await ask('GET', '/x?wait=true');
    await state.store?.close();
    expect(await poll.text()).toBe('');
    const answer = await ask('GET', '/x');
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('"errorCode":300,"message":"Raft Internal Error"');
  });

  async function lines(answer: Response, count: number): Promise<readonly string[]> {
    const decoder = new TextDecoder();
    let text = '';
    const reader = answer.body?.getReader();
    while (text.split('\n').length <= count) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      text += decoder.decode(chunk.value, { stream: true });
    }
    await reader?.cancel();
    return text.trim().split('\n');
  }
});
