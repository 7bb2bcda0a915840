// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import * as net from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EtcdVersion, hasEtcd } from '../conformance/real-etcd.js';
import {
  byDiscovery,
  isReady,
  type Member,
  memberNames,
  newToken,
  Opened,
  startService,
} from './discovery-parts.js';

const hasBoth = hasEtcd('3.4') && hasEtcd('3.5');

/** Registered slots once there are this many. */
async function registered(url: string, count: number): Promise<readonly { readonly key: string }[]> {
  for (let index = 1; ; ) {
    const { node } = JSON.parse(await (await fetch(url)).text());
    if (node.nodes.length >= count) return node.nodes;
    index = Math.max(index, node.modifiedIndex + node.nodes.length);
    const next = await fetch(`${url}?recursive=true&wait=true&waitIndex=${index + 1}`);
    await next.text();
  }
}

/** Lets the service, which is in this process, go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function register(url: string, id: string, port: number): Promise<Response> {
  const body = new URLSearchParams({ value: `m${id}=http://127.0.0.1:${port}` });
  return fetch(`${url}/${id}?prevExist=false`, { method: 'PUT', body });
}

async function cluster(
  opened: Opened,
  url: string,
  versions: readonly EtcdVersion[],
): Promise<readonly Member[]> {
  const start = (version: EtcdVersion, index: number) =>
    opened.member({ version, name: `core-0${index + 1}`, flags: byDiscovery(url) });
  const members = await Promise.all(versions.map(start));
  await Promise.all(members.map((member) => member.says(isReady)));
  return members;
}

describe.skipIf(!hasBoth)('stock etcd by protocol v2', () => {
  const all = (version: EtcdVersion, count: number) => Array.from({ length: count }, () => version);
  test.each([
    { versions: all('3.4', 1) },
    { versions: all('3.5', 1) },
    { versions: all('3.4', 3) },
    { versions: all('3.5', 3) },
    { versions: ['3.4', '3.5', '3.4'] satisfies EtcdVersion[] },
    { versions: all('3.4', 5) },
    { versions: all('3.5', 5) },
  ])('forms a cluster of $versions', async ({ versions }) => {
    await using opened = new Opened();
    const service = await opened.service();
    const members = await cluster(opened, await newToken(service, versions.length), versions);
    const names = versions.map((_, index) => `core-0${index + 1}`);
    for (const member of members) expect(await memberNames(member)).toEqual(names);
  });

  test.each(['3.4', '3.5'] as const)('%s: who comes late hears that the cluster is full', async (version) => {
    await using opened = new Opened();
    const service = await opened.service();
    const url = await newToken(service, 1);
    await cluster(opened, url, [version]);
    const late = await opened.member({ version, name: 'late', flags: byDiscovery(url) });
    await late.says(/cluster is full/);
    expect(await late.ended).toBe(1);
  });

  test.each(['3.4', '3.5'] as const)('%s: who lost the race hears it too', async (version) => {
    await using opened = new Opened();
    const service = await opened.service();
    const url = await newToken(service, 3);
    await register(url, 'a', 1);
    await register(url, 'b', 2);
    const [one, other] = await Promise.all(
      ['x', 'y'].map((name) => opened.member({ version, name, flags: byDiscovery(url) })),
    );
    const isFull = /cluster is full/;
    const loser = await Promise.any(
      [one, other].map(async (member) => {
        await member?.says(isFull);
        return member;
      }),
    );
    expect(await loser?.ended).toBe(1);
  });

  test.each(['3.4', '3.5'] as const)(
    '%s: a wiped machine hears of a duplicate ID, and no slot is freed',
    async (version) => {
      await using opened = new Opened();
      const service = await opened.service();
      const url = await newToken(service, 3);
      const folder = await opened.folder();
      const flags = byDiscovery(url);
      const first = await opened.member({ version, name: 'wiped', flags, folder });
      await opened.member({ version, name: 'core-02', flags });
      await opened.member({ version, name: 'core-03', flags });
      await first.says(isReady);
      await first.kill();
      // Freed, it would come back under its old ID with nothing in its log.
      const told = await (await fetch(url)).text();
      const ids = [...told.matchAll(/\/([0-9a-f]{1,16})"/g)].map(([, id = '']) => id);
      expect(ids).toHaveLength(3);
      for (const id of ids) expect((await service.free(url.slice(-32), id)).status).toBe(409);
      await rm(join(folder, 'data'), { recursive: true });
      const again = await opened.member({ version, name: 'wiped', flags, folder, peerPort: first.peerPort });
      await again.says(/duplicate id|has previously registered/);
      expect(await again.ended).toBe(1);
    },
  );

  test.each(['3.4', '3.5'] as const)('%s: a token that is none ends it', async (version) => {
    await using opened = new Opened();
    const service = await opened.service();
    const flags = byDiscovery(`${service.url}/${'0'.repeat(32)}`);
    const member = await opened.member({ version, name: 'lost', flags });
    await member.says(/Key not found/);
    expect(await member.ended).toBe(1);
  });

  test('two machines of one name: the second hears why, and the token is not spoilt', async () => {
    await using opened = new Opened();
    const service = await opened.service();
    const url = await newToken(service, 2);
    const flags = byDiscovery(url);
    const first = await opened.member({ version: '3.5', name: 'default', flags });
    await registered(url, 1);
    const twin = await opened.member({ version: '3.5', name: 'default', flags });
    await twin.says(/same name or peer URL/);
    expect(await twin.ended).toBe(1);
    const second = await opened.member({ version: '3.5', name: 'other', flags });
    await Promise.all([first.says(isReady), second.says(isReady)]);
  });

  test.each(['3.4', '3.5'] as const)(
    '%s: a slot freed while it waits is not in its cluster',
    async (version) => {
      await using opened = new Opened();
      const service = await opened.service();
      const url = await newToken(service, 3);
      const flags = byDiscovery(url);
      const first = await opened.member({ version, name: 'core-01', flags });
      await registered(url, 1);
      await register(url, 'dead', 9);
      // It has seen the dead one, and waits for one more.
      await first.says(/found peer.*dead/);
      expect((await service.free(url.slice(-32), 'dead')).status).toBe(204);
      const others = await Promise.all(
        ['core-02', 'core-03'].map((name) => opened.member({ version, name, flags })),
      );
      for (const member of [first, ...others]) await member.says(isReady);
      for (const member of [first, ...others]) {
        expect(await memberNames(member)).toEqual(['core-01', 'core-02', 'core-03']);
      }
      const [slot] = await registered(url, 3);
      const refused = await service.free(url.slice(-32), slot?.key.split('/').at(-1) ?? '');
      expect(refused.status).toBe(409);
      expect(await refused.text()).toContain('loses acknowledged writes');
    },
  );

  test('a service that restarts while a cluster forms', async () => {
    await using opened = new Opened();
    const folder = join(await opened.folder(), 'store');
    const before = await startService(folder);
    const port = Number(new URL(before.url).port);
    const url = await newToken(before, 3);
    const flags = byDiscovery(url);
    const first = await opened.member({ version: '3.4', name: 'core-01', flags });
    const second = await opened.member({ version: '3.5', name: 'core-02', flags });
    // A member whose registration is cut off gives up by itself; these two wait for the third.
    while (before.discovery.waiting() < 2) await turn();
    await before.close();
    const after = await startService(folder, port);
    opened.add(after, () => after.close());
    const third = await opened.member({ version: '3.5', name: 'core-03', flags });
    for (const member of [first, second, third]) await member.says(isReady);
    expect(await memberNames(third)).toEqual(['core-01', 'core-02', 'core-03']);
  });
});

test('connections that break leave nothing behind', async () => {
  await using opened = new Opened();
  const service = await opened.service();
  const url = new URL(await newToken(service, 3));
  const sockets = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const socket = net.connect(Number(url.port), url.hostname);
      socket.write(`GET ${url.pathname}?wait=true&recursive=true&waitIndex=1000 HTTP/1.1\r\nHost: d\r\n\r\n`);
      const [head] = await once(socket, 'data');
      // The head comes at once, and with it the index.
      expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*x-etcd-index: \d+\r\n/i);
      return socket;
    }),
  );
  expect(service.discovery.waiting()).toBe(50);
  for (const socket of sockets) socket.destroy();
  // Half a request, and one that is none.
  for (const text of [
    `PUT ${url.pathname}/1 HTTP/1.1\r\nContent-Length: 100\r\nHost: d\r\n\r\nval`,
    'nonsense\r\n\r\n',
  ]) {
    const socket = net.connect(Number(url.port), url.hostname);
    socket.on('error', () => {});
    socket.end(text);
    socket.resume();
    await once(socket, 'close');
  }
  while (service.discovery.waiting() > 0) await turn();
  expect((await register(String(url), '1', 5)).status).toBe(201);
});
