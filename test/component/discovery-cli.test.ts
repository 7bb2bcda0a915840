// SPDX-License-Identifier: Apache-2.0

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { FlagValues } from '../../src/cli/command.js';
import { openControlDiscovery, serveWithDiscovery } from '../../src/cli/control-discovery.js';
import { findOperatorKey, operatorKeyPath } from '../../src/cli/operator-key.js';
import {
  runDiscoveryFree,
  runDiscoveryList,
  runDiscoveryNew,
  runDiscoveryShow,
} from '../../src/cli/run-discovery.js';
import { runDiscoveryServe } from '../../src/cli/run-discovery-serve.js';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { connect, keyOf } from '../../src/etcd/index.js';
import { openStore } from '../../src/store/index.js';
import { freePort } from '../free-port.js';
import { Opened } from './discovery-parts.js';

type Run = (input: Parameters<typeof runDiscoveryNew>[0]) => Promise<number>;

/** What a command prints. */
async function run(command: Run, flags: FlagValues, args: readonly string[] = []): Promise<string> {
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  try {
    expect(await command({ commands: [], args, flags, signal: new AbortController().signal })).toBe(0);
  } finally {
    write.mockRestore();
  }
  return said.join('');
}

/** `muster discovery serve` in this process; resolves once it answers. */
async function serve(opened: Opened) {
  const dataDir = join(await opened.folder(), 'discovery');
  const url = `http://127.0.0.1:${await freePort()}`;
  const stop = new AbortController();
  const serving = runDiscoveryServe({
    commands: [],
    args: [],
    flags: { dataDir, listen: url },
    signal: stop.signal,
  });
  opened.add(serving, async (ended) => {
    stop.abort();
    await ended;
  });
  for (;;) {
    const isUp = await Promise.race([
      serving.then(() => false),
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => undefined,
      ),
    ]);
    if (isUp === true) break;
    if (isUp === false) throw new Error('it ended');
    await realClock.sleep(20);
  }
  return { dataDir, url, flags: { url, dataDir } };
}

function register(url: string, id: string): Promise<Response> {
  const body = new URLSearchParams({ value: `m${id}=http://10.0.0.1:${Number.parseInt(id, 16) + 2000}` });
  return fetch(`${url}/${id}?prevExist=false`, { method: 'PUT', body });
}

test('an operator makes, lists, shows and frees', async () => {
  await using opened = new Opened();
  const { flags, url, dataDir } = await serve(opened);
  const made = (await run(runDiscoveryNew, { ...flags, size: '2' })).trim();
  expect(made).toMatch(new RegExp(`^${url}/[0-9a-f]{32}$`));
  const token = made.slice(-32);
  await register(made, 'a');

  expect(await run(runDiscoveryList, flags)).toMatch(
    new RegExp(`^TOKEN +STATE +SLOTS[^\\n]*\\n${token} +forming +1/2 +- +v2 `),
  );
  expect(JSON.parse(await run(runDiscoveryList, { ...flags, output: 'json' }))).toMatchObject([
    { token, size: 2 },
  ]);
  expect(await run(runDiscoveryShow, flags, [made])).toMatch(
    /forming, 1 of 2 slots taken\nSLOT .*\n1 +a +ma +http:\/\/10\.0\.0\.1:2010/,
  );
  expect(await run(runDiscoveryFree, flags, [token, 'a'])).toBe('freed the slot of member a\n');
  expect(JSON.parse(await run(runDiscoveryShow, { ...flags, output: 'json' }, [token]))).toMatchObject({
    state: 'created',
    slots: [],
  });

  await register(made, 'b');
  await register(made, 'c');
  await expect(run(runDiscoveryFree, flags, [token, 'b'])).rejects.toMatchObject({
    code: 'cli/discovery-refused',
    message: expect.stringContaining('loses acknowledged writes'),
    next: expect.stringContaining('learner'),
  });
  const { mode } = await stat(operatorKeyPath(dataDir));
  expect(mode & 0o777).toBe(0o600);
});

test('without the right key nothing is told', async () => {
  await using opened = new Opened();
  const { url, dataDir } = await serve(opened);
  const other = join(await opened.folder(), 'none');
  await expect(run(runDiscoveryList, { url, dataDir: other })).rejects.toMatchObject({
    code: 'cli/no-operator-key',
  });
  const key = (await findOperatorKey(operatorKeyPath(dataDir))) ?? '';
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  for (const authorization of ['', 'Bearer', `Bearer ${key.slice(1)}`, key]) {
    const answer = await fetch(`${url}/discovery/tokens`, { headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain(key.slice(1));
  }
  await expect(run(runDiscoveryNew, { url, size: '0' })).rejects.toMatchObject({
    code: 'cli/discovery-refused',
  });
  await expect(run(runDiscoveryNew, { url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'cli/discovery-unreachable',
  });
  await expect(run(runDiscoveryShow, { url, dataDir }, ['x'])).rejects.toMatchObject({ code: 'cli/usage' });
});

test('the control process has it on its port, beside its own face, and opens it when somebody asks', async () => {
  await using opened = new Opened();
  const folder = await opened.folder();
  const state = join(folder, '.muster');
  await mkdir(state, { mode: 0o700 });
  const store = await openStore({ clock: realClock, random: realRandom, log: silentLog });
  opened.add(store, (one) => one.close());
  const cluster = { clusterFile: join(folder, 'cluster.yaml'), folder, state };
  const face = async (request: Request) => new Response(`face ${new URL(request.url).pathname}`);
  const discovery = opened.add(openControlDiscovery(cluster, silentLog), (one) => one.close());
  const listening = await serveWithDiscovery({ discovery, store, log: silentLog }, face, {
    host: '127.0.0.1',
    port: 0,
  });
  opened.add(listening, (one) => one.close());
  for (const path of ['/version', '/health', '/boot.ipxe', '/status']) {
    expect(await (await fetch(`${listening.url}${path}`)).text()).toBe(`face ${path}`);
  }
  await expect(stat(join(state, 'discovery'))).rejects.toMatchObject({ code: 'ENOENT' });
  const token = (await (await fetch(`${listening.url}/new?size=3`)).text()).slice(-32);
  expect((await register(`${listening.url}/${token}`, '1')).status).toBe(201);
  const client = opened.add(connect([listening.url]), (one) => one.close());
  const size = await client.range({ key: keyOf(`/_etcd/registry/${token}/_config/size`) });
  expect(size.kvs.map(({ value }) => Buffer.from(value).toString())).toEqual(['3']);
  // The cluster's own store knows nothing of it, and is not to be reached here.
  expect((await store.kv.range({ key: keyOf('/_etcd'), rangeEnd: keyOf('/_etce') })).count).toBe(0);
  await store.kv.put({ key: keyOf('/secret'), value: keyOf('x') });
  await expect(client.range({ key: keyOf('/secret') })).rejects.toMatchObject({
    code: 'etcd/permission-denied',
  });
});
