// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test } from 'vitest';
import { realRandom, silentLog } from '../../effects/index.js';
import { manualClock } from '../../effects/testing.js';
import { keyOf, prefixRange, textOf } from '../../etcd/index.js';
import { memoryKv } from '../../etcd/testing.js';
import { type Discovery, type DiscoveryOptions, openDiscovery } from './discovery.js';
import { founderId } from './reserve.js';

const week = 7 * 24 * 3_600_000;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(options: Partial<DiscoveryOptions> = {}) {
  const clock = manualClock(1_000);
  const kv = memoryKv({ clock });
  const service = () =>
    openDiscovery({ kv, clock, random: realRandom, log: silentLog }, { operatorKey: 'secret', ...options });
  const discovery = service();
  const stop = new AbortController();
  const running = discovery.run(stop.signal);
  closing.push(async () => {
    stop.abort();
    await running;
    kv.close();
  });
  await clock.advance(0);
  const ask = (path: string, init?: RequestInit) =>
    discovery.handler(new Request(`http://disc:80${path}`, init));
  const register = (
    token: string,
    id: string,
    value = `m${id}=http://10.0.0.1:${2000 + Number.parseInt(id, 16)}`,
  ) => {
    const body = new URLSearchParams({ value }).toString();
    const headers = {
      'content-length': String(body.length),
      'content-type': 'application/x-www-form-urlencoded',
    };
    return ask(`/${token}/${id}?prevExist=false`, { method: 'PUT', body, headers });
  };
  const make = async (size = 3) => (await (await ask(`/new?size=${size}`)).text()).slice(-32);
  return { clock, kv, discovery, service, ask, register, make };
}

const operator = { headers: { authorization: 'Bearer secret' } };

test('muster takes slots as etcd itself would, for members with these IDs, and others get what is left', async () => {
  const { discovery, ask, register } = await open();
  const token = 'c0ffee'.padEnd(32, '0');
  const url = `http://disc:80/${token}`;
  const members = ['m1', 'm2'].map((name) => ({ name, urls: [`http://${name}:2380`] }));
  for (let times = 0; times < 2; times += 1) await discovery.reserve({ token, url, size: 3, members });
  expect(await discovery.slotsOf(token)).toEqual(members);
  const keys = members.map(({ urls }) => `/_etcd/registry/${token}/${founderId(urls, url)}`);
  expect(await (await ask(`/${token}`)).json()).toMatchObject({
    node: { nodes: keys.map((key) => ({ key })) },
  });
  expect((await register(token, 'a', 'm2=http://10.0.0.9:2380')).status).toBe(400);
  expect((await register(token, 'a')).status).toBe(201);
  expect((await register(token, 'b')).status).toBe(201);
  // The last one came too late.
  expect((await discovery.slotsOf(token)).map(({ name }) => name)).toEqual(['m1', 'm2', 'ma']);
});

test('a token that muster waits for does not expire; one that nobody waited for is empty afterwards', async () => {
  const { discovery, clock } = await open();
  const [awaited, left] = ['a'.repeat(32), 'b'.repeat(32)];
  const members = [{ name: 'm1', urls: ['http://m1:2380'] }];
  for (const token of [awaited, left]) {
    await discovery.reserve({ token, url: `http://disc:80/${token}`, size: 3, members });
  }
  for (let days = 0; days < 10; days += 1) {
    await clock.advance(week / 7);
    expect(await discovery.slotsOf(awaited)).toEqual(members);
  }
  expect(await discovery.slotsOf(left)).toEqual([]);
  await clock.advance(week);
  expect(await discovery.slotsOf(awaited)).toEqual([]);
});

test('founders have the ID that etcd 3.5 gives them', () => {
  // From a log: etcd --name a --initial-cluster a=http://127.0.0.1:12380 --initial-cluster-token t1
  expect(founderId(['http://127.0.0.1:12380'], 't1')).toBe('ee7dcf11218830ba');
});

test('a token is a URL of 32 random hex digits at the place where the service was asked', async () => {
  const { ask } = await open();
  const [one, other] = [await (await ask('/new?size=5')).text(), await (await ask('/new')).text()];
  expect(one).toMatch(/^http:\/\/disc\/[0-9a-f]{32}$/);
  expect(other).not.toBe(one);
  const size = await (await ask(`/${one.slice(-32)}/_config/size?quorum=false`)).json();
  expect(size).toMatchObject({
    action: 'get',
    node: { key: `/_etcd/registry/${one.slice(-32)}/_config/size`, value: '5' },
  });
});

test('behind a proxy the URL begins as the operator says', async () => {
  const { ask } = await open({ baseUrl: 'https://discovery.example/' });
  expect(await (await ask('/new?size=1')).text()).toMatch(/^https:\/\/discovery\.example\/[0-9a-f]{32}$/);
});

test.each(['0', '-1', '100', 'x', '1.5', '', '1e1', '99999999999'])(
  'the size "%s" is refused',
  async (size) => {
    const { ask } = await open();
    const answer = await ask(`/new?size=${size}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'bootstrap/bad-size' });
  },
);

test('no more tokens are made than may be', async () => {
  const { ask, make, clock } = await open({ maxTokens: 2 });
  await make();
  await make();
  await clock.advance(0);
  expect((await ask('/new')).status).toBe(503);
});

test('members are listed in order, without the configuration, with the index that a wait begins after', async () => {
  const { ask, register, make } = await open();
  const token = await make();
  const empty = await ask(`/${token}?quorum=false&recursive=false&sorted=false`);
  expect(await empty.json()).toMatchObject({ action: 'get', node: { dir: true, nodes: [] } });
  const first = await register(token, 'ffff');
  expect(first.status).toBe(201);
  const { action, node } = JSON.parse(await first.text());
  expect([action, node.modifiedIndex]).toEqual(['create', node.createdIndex]);
  await register(token, 'a');
  const listed = await ask(`/${token}/`);
  const { node: directory } = JSON.parse(await listed.text());
  expect(directory.nodes.map(({ key }: { key: string }) => key)).toEqual([
    `/_etcd/registry/${token}/ffff`,
    `/_etcd/registry/${token}/a`,
  ]);
  expect(Number(listed.headers.get('x-etcd-index'))).toBe(directory.nodes[1].modifiedIndex);
  expect(await (await ask(`/v2/keys/_etcd/registry/${token}`)).text()).toBe(
    await (await ask(`/${token}`)).text(),
  );
});

test.each([
  ['/00000000000000000000000000000000/_config/size', 404, 100],
  ['/00000000000000000000000000000000', 404, 100],
  ['/00000000000000000000000000000000?wait=true&waitIndex=4', 404, 100],
])('%s is not found', async (path, status, errorCode) => {
  const { ask } = await open();
  const answer = await ask(path);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ errorCode, message: 'Key not found' });
});

test('what is no token, no member and no advert is refused', async () => {
  const { ask, register, make } = await open();
  const token = await make();
  expect((await ask('/abc')).status).toBe(404);
  expect((await ask(`/${token.toUpperCase()}`)).status).toBe(404);
  expect((await ask(`/${token}/_config/other`)).status).toBe(404);
  expect((await ask(`/${token}/_config/size`, { method: 'PUT', body: '' })).status).toBe(405);
  for (const value of [
    '',
    'm',
    'm=',
    '=http://h:1',
    'm=ftp://h:1',
    'm=http://h',
    'm=http://h:1,n=http://h:2',
    'm=http://h:1/p',
    'a b=http://h:1',
  ]) {
    const answer = await register(token, '1', value);
    expect([value, answer.status]).toEqual([value, 400]);
    expect(await answer.json()).toMatchObject({ errorCode: 209 });
  }
  expect((await register(token, '1', 'm=http://h:1,m=https://[::1]:2380')).status).toBe(201);
});

test('a member that registers again is told 105, whether its cluster has formed or not', async () => {
  const { register, make } = await open();
  const token = await make(2);
  await register(token, '1');
  for (const before of ['forming', 'formed']) {
    const again = await register(token, '1');
    expect([before, again.status]).toEqual([before, 412]);
    expect(await again.json()).toMatchObject({ errorCode: 105, message: 'Key already exists' });
    await register(token, '2');
  }
});

test('a poll is answered from what is there, or when it comes, in order and without a gap', async () => {
  const { ask, register, make, clock, discovery } = await open();
  const token = await make();
  const index = JSON.parse(await (await register(token, '1')).text()).node.createdIndex;
  const poll = (from: number, id = '') => ask(`/${token}${id}?recursive=true&wait=true&waitIndex=${from}`);
  const own = await (await poll(index, '/1')).json();
  expect(own).toMatchObject({ action: 'create', node: { createdIndex: index } });
  const waiting = await poll(index + 1);
  expect(waiting.status).toBe(200);
  expect(waiting.headers.get('x-etcd-index')).toBe(String(index));
  expect(discovery.waiting()).toBe(1);
  await register(token, '2');
  await register(token, '3');
  await clock.advance(0);
  const second = JSON.parse(await waiting.text());
  expect(second.node.key).toBe(`/_etcd/registry/${token}/2`);
  const third = await (await poll(second.node.modifiedIndex + 1)).json();
  expect(third).toMatchObject({ node: { key: `/_etcd/registry/${token}/3` } });
  expect(discovery.waiting()).toBe(0);
});

test('a poll of nothing ends empty before a server would end its connection', async () => {
  const { ask, make, clock, discovery } = await open();
  const waiting = await ask(`/${await make()}?wait=true&waitIndex=1000`);
  await clock.advance(55_000);
  expect(await waiting.text()).toBe('');
  expect(discovery.waiting()).toBe(0);
});

test('a caller that goes away is forgotten', async () => {
  const { ask, make, discovery } = await open();
  const waiting = await ask(`/${await make()}?wait=true&waitIndex=1000`);
  await waiting.body?.cancel();
  expect(discovery.waiting()).toBe(0);
});

test('when the watch of the store is lost, who waits asks again and misses nothing', async () => {
  const { ask, make, clock, kv, register } = await open();
  const token = await make();
  const waiting = await ask(`/${token}?wait=true&waitIndex=1`);
  kv.setAway(true);
  await clock.advance(50);
  expect((await ask(`/${token}`)).status).toBe(503);
  kv.setAway(false);
  await clock.advance(10_000);
  expect(await waiting.text()).toBe('');
  expect((await register(token, '1')).status).toBe(201);
  expect(await (await ask(`/${token}?wait=true&waitIndex=1`)).json()).toMatchObject({ action: 'create' });
});

test('a slot is freed by the operator alone, and those who wait begin anew', async () => {
  const { ask, make, register, clock } = await open();
  const token = await make();
  const index = JSON.parse(await (await register(token, '1')).text()).node.createdIndex;
  await register(token, '2');
  const waiting = await ask(`/${token}?wait=true&waitIndex=${index + 10}`);
  const url = `/discovery/tokens/${token}/members/2`;
  expect((await ask(url, { method: 'DELETE' })).status).toBe(401);
  expect((await ask(`/${token}/2`, { method: 'DELETE' })).status).toBe(401);
  expect((await ask(url, { method: 'DELETE', headers: { authorization: 'Bearer other' } })).status).toBe(401);
  expect((await ask(url, { method: 'DELETE', ...operator })).status).toBe(204);
  await clock.advance(0);
  expect(await waiting.text()).toBe('');
  const stale = await ask(`/${token}?wait=true&waitIndex=${index + 1}`);
  expect(stale.status).toBe(503);
  expect((await register(token, '2')).status).toBe(201);
});

test('no slot is freed once the cluster has formed, whoever asks', async () => {
  const { ask, make, register } = await open();
  const token = await make(1);
  await register(token, '1');
  for (const path of [`/${token}/1`, `/discovery/tokens/${token}/members/1`]) {
    const answer = await ask(path, { method: 'DELETE', ...operator });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toMatch(/has formed.*loses acknowledged writes[\s\S]*member remove.*learner/);
  }
  expect((await register(token, '1')).status).toBe(412);
});

test('only the operator sees what tokens there are', async () => {
  const { ask, make, register } = await open();
  const token = await make(1);
  await register(token, 'a');
  await register(token, 'b');
  expect((await ask('/discovery/tokens')).status).toBe(401);
  expect((await ask(`/discovery/tokens/${token}`)).status).toBe(401);
  const member = { memberId: 'a', name: 'ma', peerUrls: ['http://10.0.0.1:2010'] };
  const [listed] = JSON.parse(await (await ask('/discovery/tokens', operator)).text());
  expect(listed).toMatchObject({
    token,
    state: 'formed',
    size: 1,
    protocol: 'v2',
    slots: [member],
    late: [{ memberId: 'b' }],
  });
  expect(await (await ask(`/discovery/tokens/${token}`, operator)).json()).toEqual(listed);
});

test('unused tokens expire, by themselves and for who asks a moment earlier; formed ones stay', async () => {
  const { ask, make, register, clock, kv } = await open();
  const [unused, used, whole] = [await make(), await make(), await make(1)];
  await clock.advance(week / 2);
  await register(used, '1');
  await register(whole, '1');
  await clock.advance(week / 2);
  expect((await ask(`/${unused}/_config/size`)).status).toBe(404);
  expect((await register(unused, '1')).status).toBe(404);
  expect((await ask(`/${used}/_config/size`)).status).toBe(200);
  await clock.advance(week);
  expect((await ask(`/${used}`)).status).toBe(404);
  expect((await ask(`/${whole}`)).status).toBe(200);
  const left = await kv.range({ ...prefixRange('/_etcd/registry/'), keysOnly: true });
  expect(left.kvs.every(({ key }) => Buffer.from(key).includes(whole))).toBe(true);
});

/** A second service over the same store, which nobody tells of changes. */
function besides(service: () => Discovery) {
  const other = service();
  return (token: string, id: string, value = `o${id}=http://10.0.0.2:${id}`) => {
    const body = new URLSearchParams({ value }).toString();
    const init = { method: 'PUT', body, headers: { 'content-length': String(body.length) } };
    return other.handler(new Request(`http://other/${token}/${id}?prevExist=false`, init));
  };
}

test('two services over one store agree, whichever of them is asked', async () => {
  const { ask, make, service, register, clock } = await open();
  const there = besides(service);
  const token = await make(2);
  const waiting = await ask(`/${token}?wait=true&waitIndex=1`);
  const both = await Promise.all([
    register(token, '1'),
    there(token, '2'),
    register(token, '3'),
    there(token, '4'),
  ]);
  expect(both.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  await clock.advance(0);
  expect(JSON.parse(await waiting.text()).action).toBe('create');
  expect((await there(token, '1')).status).toBe(412);
  const { slots, late } = JSON.parse(await (await ask(`/discovery/tokens/${token}`, operator)).text());
  expect([slots.length, late.length]).toEqual([2, 2]);
});

test('what a service remembers is never written over what another has written', async () => {
  const { make, service, register, kv } = await open();
  const there = besides(service);
  const token = await make(2);
  await there(token, '1');
  await register(token, '2');
  expect((await there(token, '2', 'thief=http://10.0.0.9:9')).status).toBe(412);
  const { kvs } = await kv.range({ key: keyOf(`/_etcd/registry/${token}/members/2`) });
  expect(kvs.map(({ version, value }) => [version, textOf(value)])).toEqual([[1, 'm2=http://10.0.0.1:2002']]);
});

test('nobody is refused by what a service remembers', async () => {
  const { ask, make, service } = await open();
  const there = besides(service);
  const token = await make(2);
  await there(token, '1');
  expect((await ask(`/${token}/1`, { method: 'DELETE', ...operator })).status).toBe(200);
  expect((await there(token, '1')).status).toBe(201);
});

test('a service shows what another has written, as soon as it hears of it', async () => {
  const { ask, make, service, register, clock } = await open();
  const there = besides(service);
  const token = await make();
  await register(token, '1');
  await there(token, '2');
  await clock.advance(0);
  expect(JSON.parse(await (await ask(`/${token}`)).text()).node.nodes).toHaveLength(2);
});

test('protocol v3 sees size and members of a token that it can name, and registers; nothing else', async () => {
  const { discovery, make, register, ask } = await open();
  const token = await make(2);
  const prefix = `/_etcd/registry/${token}`;
  const { kv } = discovery;
  const put = (id: string, value: string) =>
    kv.put({ key: keyOf(`${prefix}/members/${id}`), value: keyOf(value) });
  expect((await kv.range({ key: keyOf(`${prefix}/_config/size`) })).kvs).toHaveLength(1);
  await put('1', 'a=http://10.0.0.1:1');
  await put('1', 'a=http://10.0.0.1:1');
  await expect(put('1', 'b=http://10.0.0.1:1')).rejects.toMatchObject({ code: 'etcd/permission-denied' });
  const members = await kv.range(prefixRange(`${prefix}/members`));
  expect(members.kvs.map(({ version }) => version)).toEqual([1]);
  await put('2', 'b=http://10.0.0.1:2');
  await expect(put('1', 'a=http://10.0.0.1:1')).rejects.toMatchObject({ code: 'etcd/permission-denied' });
  expect((await register(token, 'c')).status).toBe(400);
  expect(JSON.parse(await (await ask(`/${token}`)).text()).node.nodes).toHaveLength(2);

  const refused = { code: 'etcd/permission-denied' };
  const key = keyOf(`${prefix}/members/1`);
  for (const range of [
    prefixRange('/_etcd/registry/'),
    prefixRange(prefix),
    prefixRange(''),
    { key, rangeEnd: Uint8Array.of(0) },
    { key, rangeEnd: keyOf('/_etcd/registry/zzz') },
    { key: keyOf(`${prefix}/_config/life`) },
    { key: keyOf('/other') },
  ]) {
    await expect(kv.range(range)).rejects.toMatchObject(refused);
    const watching = kv.watch(range, new AbortController().signal);
    await expect(watching[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
  }
  await expect(put('x', 'a=http://10.0.0.1:1')).rejects.toMatchObject(refused);
  await expect(kv.put({ key: keyOf(`${prefix}/_config/size`), value: keyOf('9') })).rejects.toMatchObject(
    refused,
  );
  await expect(kv.deleteRange({ key })).rejects.toMatchObject(refused);
  const sly = { kind: 'put', request: { key, value: keyOf('') } } as const;
  await expect(kv.txn({ compare: [], success: [sly], failure: [] })).rejects.toMatchObject(refused);
  await expect(kv.grantLease(10)).rejects.toMatchObject(refused);
  await expect(kv.compact(1)).rejects.toMatchObject(refused);
  await expect(kv.leases()).rejects.toMatchObject(refused);
});

test('a token that somebody wrote into the store by hand is one too, unless its size is bad', async () => {
  const { kv, ask, register } = await open();
  const [good, bad] = ['a'.repeat(32), 'b'.repeat(32)];
  await kv.put({ key: keyOf(`/_etcd/registry/${good}/_config/size`), value: keyOf('1') });
  await kv.put({ key: keyOf(`/_etcd/registry/${bad}/_config/size`), value: keyOf('0') });
  expect((await register(good, '1')).status).toBe(201);
  expect((await register(good, '1')).status).toBe(412);
  expect((await ask(`/${bad}/_config/size`)).status).toBe(404);
});
