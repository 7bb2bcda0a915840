// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { connect, type KeyValue, type Kv, keyOf, prefixRange, textOf } from '../../src/etcd/index.js';
import { hasEtcd } from '../conformance/real-etcd.js';
import { freePort } from '../free-port.js';
import { isReady, memberNames, newToken, Opened, type Service } from './discovery-parts.js';

// The calls of etcd 3.6 in their order: etcd-io/etcd, server/etcdserver/api/v3discovery/discovery.go.

interface Registrant {
  readonly name: string;
  readonly peerUrl: string;
}

type Joined = { readonly kind: 'cluster'; readonly initialCluster: string } | { readonly kind: 'full' };

/** What a member of etcd 3.6 does with `--discovery-token` and `--discovery-endpoints`. */
async function join(kv: Kv, token: string, member: Registrant): Promise<Joined> {
  const prefix = `/_etcd/registry/${token}`;
  const id = memberIdOf(member, token);
  const ownKey = `${prefix}/members/${id}`;
  const members = prefixRange(`${prefix}/members`);
  const check = async () => {
    const [size] = (await kv.range({ key: keyOf(`${prefix}/_config/size`) })).kvs;
    if (size === undefined) throw new Error('discovery: size key not found');
    const { kvs, revision } = await kv.range(members);
    const found = new Map(kvs.map((one) => [textOf(one.key), one]));
    const wanted = Number(textOf(size.value));
    const isFull = !found.has(ownKey) && found.size >= wanted;
    return { found, revision, size: wanted, isFull };
  };
  if ((await check()).isFull) return { kind: 'full' };
  await kv.put({ key: keyOf(ownKey), value: keyOf(`${member.name}=${member.peerUrl}`) });
  const { found, revision, size } = await check();
  if (inOrder(found).findIndex(({ key }) => textOf(key) === ownKey) >= size) return { kind: 'full' };
  if (found.size < size) await waitForPeers(kv, { ...members, startRevision: revision + 1 }, found, size);
  const initialCluster = inOrder(found)
    .slice(0, size)
    .map(({ value }) => textOf(value))
    .join(',');
  return { kind: 'cluster', initialCluster };
}

async function waitForPeers(
  kv: Kv,
  request: Parameters<Kv['watch']>[0],
  found: Map<string, KeyValue>,
  size: number,
): Promise<void> {
  const enough = new AbortController();
  for await (const message of kv.watch(request, enough.signal)) {
    if (message.kind !== 'events') continue;
    for (const event of message.events) found.set(textOf(event.kv.key), event.kv);
    if (found.size >= size) enough.abort();
  }
}

function inOrder(found: ReadonlyMap<string, KeyValue>): readonly KeyValue[] {
  return [...found.values()].sort((left, right) => left.createRevision - right.createRevision);
}

/** As etcd makes it: without leading zeros. */
function memberIdOf({ peerUrl }: Registrant, token: string): string {
  return createHash('sha1').update(peerUrl).update(token).digest().readBigUInt64BE().toString(16);
}

async function registrants(count: number): Promise<readonly Registrant[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return ports.map((port, index) => ({ name: `core-0${index + 1}`, peerUrl: `http://127.0.0.1:${port}` }));
}

/** Each has a connection of its own, as machines have. */
function joinAll(opened: Opened, service: Service, token: string, members: readonly Registrant[]) {
  return Promise.all(
    members.map((member) => {
      const kv = opened.add(connect([service.url]), (client) => client.close());
      return join(kv, token, member);
    }),
  );
}

const tokenOf = async (service: Service, size: number) => (await newToken(service, size)).slice(-32);

describe.skipIf(!hasEtcd('3.5'))('protocol v3', () => {
  test.each([1, 3, 5])('%i members get the same list, with which etcd forms a cluster', async (count) => {
    await using opened = new Opened();
    const service = await opened.service();
    const token = await tokenOf(service, count);
    const wanted = await registrants(count);
    const joined = await joinAll(opened, service, token, wanted);
    const lists = joined.map((one) => (one.kind === 'cluster' ? one.initialCluster : 'full'));
    const [list = ''] = lists;
    expect(new Set(lists).size).toBe(1);
    expect(list.split(',').sort()).toEqual(wanted.map(({ name, peerUrl }) => `${name}=${peerUrl}`));
    const flags = ['--initial-cluster', list, '--initial-cluster-token', token];
    const members = await Promise.all(
      wanted.map(({ name, peerUrl }) =>
        opened.member({ version: '3.5', name, flags, peerPort: Number(new URL(peerUrl).port) }),
      ),
    );
    for (const member of members) await member.says(isReady);
    const ids: readonly { readonly id: number }[] = JSON.parse(
      (await (await fetch(`${members[0]?.peerUrl}/members`)).text()).replace(/"id":(\d+)/g, '"id":"$1"'),
    );
    // They registered under the very IDs that they then have.
    expect(ids.map(({ id }) => BigInt(id).toString(16)).sort()).toEqual(
      wanted.map((member) => memberIdOf(member, token)).sort(),
    );
    expect(await memberNames(members[0] ?? expect.fail())).toEqual(wanted.map(({ name }) => name));
  });
});

test('who comes late finds the cluster full, and a race has no more winners than slots', async () => {
  await using opened = new Opened();
  const service = await opened.service();
  const token = await tokenOf(service, 3);
  const joined = await joinAll(opened, service, token, await registrants(6));
  expect(joined.filter(({ kind }) => kind === 'cluster')).toHaveLength(3);
  const lists = joined.flatMap((one) => (one.kind === 'cluster' ? [one.initialCluster] : []));
  expect(new Set(lists).size).toBe(1);
  const [late] = await joinAll(opened, service, token, await registrants(1));
  expect(late).toEqual({ kind: 'full' });
});

test('a wiped machine is refused once its cluster has formed, and its slot is not freed', async () => {
  await using opened = new Opened();
  const service = await opened.service();
  const token = await tokenOf(service, 3);
  const members = await registrants(3);
  await joinAll(opened, service, token, members);
  const [wiped] = members;
  if (wiped === undefined) throw new Error('three registered');
  await expect(joinAll(opened, service, token, [wiped])).rejects.toMatchObject({
    code: 'etcd/permission-denied',
  });
  expect((await service.free(token, memberIdOf(wiped, token))).status).toBe(409);
});

test('over the wire, too, nothing else can be done', async () => {
  await using opened = new Opened();
  const service = await opened.service();
  const token = await tokenOf(service, 2);
  const kv = opened.add(connect([service.url]), (client) => client.close());
  const denied = { code: 'etcd/permission-denied' };
  const key = keyOf(`/_etcd/registry/${token}/members/1`);
  await kv.put({ key, value: keyOf('a=http://127.0.0.1:1') });
  await expect(kv.range(prefixRange(''))).rejects.toMatchObject(denied);
  await expect(kv.range(prefixRange('/_etcd/registry/'))).rejects.toMatchObject(denied);
  await expect(kv.deleteRange({ key })).rejects.toMatchObject(denied);
  await expect(
    kv.txn({ compare: [], success: [{ kind: 'delete-range', request: { key } }], failure: [] }),
  ).rejects.toMatchObject(denied);
  await expect(kv.grantLease(5)).rejects.toMatchObject(denied);
  await expect(kv.compact(1)).rejects.toMatchObject(denied);
  const watching = kv.watch(prefixRange('/_etcd/registry/'), new AbortController().signal);
  const kinds: string[] = [];
  for await (const message of watching) {
    kinds.push(message.kind);
    if (message.kind === 'cancelled') expect(message.reason).toContain('permission denied');
  }
  expect(kinds.at(-1)).toBe('cancelled');
  expect(kinds).not.toContain('events');
  const gateway = await fetch(`${service.url}/v3/kv/range`, {
    method: 'POST',
    body: JSON.stringify({ key: 'AA==', range_end: 'AA==' }),
  });
  expect(gateway.status).toBe(403);
});

test('members of both protocols see each other, but do not mix: their IDs would differ', async () => {
  await using opened = new Opened();
  const service = await opened.service();
  const token = await tokenOf(service, 2);
  const kv = opened.add(connect([service.url]), (client) => client.close());
  await kv.put({ key: keyOf(`/_etcd/registry/${token}/members/1`), value: keyOf('a=http://127.0.0.1:1') });
  const { node } = JSON.parse(await (await fetch(`${service.url}/${token}`)).text());
  expect(node.nodes).toMatchObject([{ key: `/_etcd/registry/${token}/1`, value: 'a=http://127.0.0.1:1' }]);
  const body = new URLSearchParams({ value: 'b=http://127.0.0.1:2' });
  const refused = await fetch(`${service.url}/${token}/2?prevExist=false`, { method: 'PUT', body });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('discovery protocol v3');
});
