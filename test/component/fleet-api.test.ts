// SPDX-License-Identifier: Apache-2.0

/**
 * What stock fleetctl sends, by either driver, replayed over real sockets against the faces that the control process
 * serves, and what it reads out of the answers. Source of the requests: coreos/fleet fleetctl/*.go, client/http.go,
 * registry/*.go at version 1.0, recorded on the wire.
 */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveWithDiscovery } from '../../src/cli/control-discovery.js';
import { withFleetApi } from '../../src/cli/fleet-api.js';
import { type Listening, realClock, silentLog } from '../../src/effects/index.js';
import { keyOf } from '../../src/etcd/index.js';
import { machineId } from '../../src/model/index.js';
import { openRegistry, renderMachine } from '../../src/registry/index.js';
import type { Store } from '../../src/store/index.js';
import { memoryStore } from '../../src/store/testing.js';
import { checkUnit } from '../../src/units/index.js';
import { listenView } from './etcd-v2-parts.js';

const id = machineId('a1b1c1d1e1f10203040506070809a0b0');
const text = '[Unit]\nDescription=hello\n\n[Service]\nExecStart=/bin/sleep 60\n';
const options = [
  { name: 'Description', section: 'Unit', value: 'hello' },
  { name: 'ExecStart', section: 'Service', value: '/bin/sleep 60' },
];
const parts: {
  store?: Store;
  api?: Listening;
  door?: Listening;
  v2?: { url: string; close(): Promise<void> };
} = {};
const fleet = '/_coreos.com/fleet';

function opened<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('not opened');
  return part;
}

beforeAll(async () => {
  const store = await memoryStore({}, { minLeaseTtlSeconds: 1 });
  const registry = openRegistry({ kv: store.kv, clock: realClock, log: silentLog });
  const discovery = { open: () => Promise.reject(new Error('nobody asked for it')), close: async () => {} };
  const serve = (isDoor: boolean) =>
    serveWithDiscovery(
      { discovery, store, log: silentLog },
      withFleetApi({ registry, log: silentLog, isDoor }, async () => new Response('another face')),
      { host: '127.0.0.1', port: 0 },
    );
  Object.assign(parts, {
    store,
    api: await serve(false),
    door: await serve(true),
    v2: await listenView(store.kv),
  });
});
afterAll(async () => {
  await parts.api?.close();
  await parts.door?.close();
  await parts.v2?.close();
  await parts.store?.close();
});

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

function send(
  base: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, json: said === '' ? undefined : JSON.parse(said) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As google-api-go-client sends it. */
function api(method: string, path: string, body?: unknown, base = opened(parts.api).url): Promise<Answer> {
  const json = body === undefined ? undefined : `${JSON.stringify(body)}\n`;
  const headers = {
    'User-Agent': 'google-api-go-client/0.5',
    'Accept-Encoding': 'gzip',
    ...(json === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': String(json.length) }),
  };
  return send(base, method, `/fleet/v1/${path}?alt=json`, headers, json);
}

/** As the Go client of etcd v2 sends it. */
function v2(
  method: string,
  key: string,
  query: string,
  form?: Readonly<Record<string, string>>,
): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString();
  const headers = {
    'User-Agent': 'Go-http-client/1.1',
    'Accept-Encoding': 'gzip',
    ...(body === undefined
      ? {}
      : { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(body.length) }),
  };
  return send(opened(parts.v2).url, method, `/v2/keys${fleet}/${key}?${query}`, headers, body);
}

/** Stands in for engine and agent. */
async function set(key: string, value: string): Promise<void> {
  await opened(parts.store).kv.put({ key: keyOf(`${fleet}/${key}`), value: keyOf(value) });
}
const hello = checkUnit('hello.service', text);
const helloHash = hello.kind === 'ok' ? hello.unit.hash : '';
const running = JSON.stringify({
  loadState: 'loaded',
  activeState: 'active',
  subState: 'running',
  machineState: { ID: id, PublicIP: '', Metadata: null, Capabilities: null, Version: '' },
  unitHash: helloHash,
});

test('fleetctl --driver=API: list-machines, start, list-units, cat, stop, destroy', async () => {
  const machine = { id, publicIp: '10.0.0.1', metadata: { disk: 'ssd' }, version: '1' };
  await set(`machines/${id}/object`, renderMachine(machine));
  expect(await api('GET', 'machines')).toEqual({
    status: 200,
    json: { machines: [{ id, primaryIP: '10.0.0.1', metadata: { disk: 'ssd' } }] },
  });

  // start: is it there, make it, say what it should be, wait for it, where is that machine, does it run.
  const unit = 'units/hello.service';
  expect(await api('GET', unit)).toMatchObject({ status: 404, json: { error: { code: 404 } } });
  expect(await api('PUT', unit, { name: 'hello.service', options })).toEqual({
    status: 201,
    json: undefined,
  });
  expect(await api('GET', unit)).toMatchObject({ status: 200, json: { desiredState: 'inactive' } });
  expect(await api('PUT', unit, { desiredState: 'launched', name: 'hello.service' })).toMatchObject({
    status: 204,
  });
  expect(await api('GET', unit)).toMatchObject({ status: 200, json: { currentState: 'inactive' } });
  await set('job/hello.service/target', id);
  await set('job/hello.service/job-state', id);
  await set(`states/hello.service/${id}`, running);
  expect(await api('GET', unit)).toMatchObject({ json: { currentState: 'launched', machineID: id } });
  const state = {
    name: 'hello.service',
    hash: helloHash,
    machineID: id,
    systemdLoadState: 'loaded',
    systemdActiveState: 'active',
    systemdSubState: 'running',
  };
  expect(await api('GET', 'state/hello.service')).toEqual({ status: 200, json: state });

  expect(await api('GET', 'state')).toEqual({ status: 200, json: { states: [state] } });
  expect(await api('GET', 'units')).toMatchObject({ json: { units: [{ name: 'hello.service', options }] } });
  expect(await api('PUT', unit, { desiredState: 'loaded', name: 'hello.service' })).toMatchObject({
    status: 204,
  });
  expect(await api('DELETE', unit)).toEqual({ status: 204, json: undefined });
  expect(await api('GET', unit)).toMatchObject({ status: 404 });

  // An instance, by its template: both names are escaped.
  expect(await api('GET', 'units/w%401.service')).toMatchObject({ status: 404 });
  expect(await api('GET', 'units/w%40.service')).toMatchObject({ status: 404 });
  expect(await api('PUT', 'units/w%401.service', { name: 'w@1.service', options })).toMatchObject({
    status: 201,
  });
  expect(await api('DELETE', 'units/w%401.service')).toMatchObject({ status: 204 });
  await opened(parts.store).kv.deleteRange({ key: keyOf(`${fleet}/states/hello.service/${id}`) });
});

test('other paths are for another face; the door for machines takes no units', async () => {
  const { url } = opened(parts.api);
  expect(await (await fetch(`${url}/other`)).text()).toBe('another face');
  const door = opened(parts.door).url;
  const body = { name: 'evil.service', options, desiredState: 'launched' };
  expect(await api('PUT', 'units/evil.service', body, door)).toMatchObject({ status: 403 });
  expect(await api('GET', 'units', undefined, door)).toEqual({ status: 200, json: {} });
});

test('a page of some website may not place units through the browser of an operator', async () => {
  const headers = { 'Content-Type': 'application/json', Origin: 'http://evil.example' };
  const path = '/fleet/v1/units/evil.service';
  const body = JSON.stringify({ options, desiredState: 'launched' });
  expect(await send(opened(parts.api).url, 'PUT', path, headers, body)).toMatchObject({ status: 403 });
});

test('fleetctl --driver=etcd: what it writes is a unit, what it reads are machines, units and states', async () => {
  const object = JSON.stringify({
    Name: 'hello.service',
    UnitHash: [...Buffer.from(helloHash, 'hex')],
  });
  expect(await v2('GET', 'machines', 'quorum=false&recursive=true&sorted=true')).toMatchObject({
    status: 200,
    json: {
      node: {
        nodes: [{ key: `${fleet}/machines/${id}`, nodes: [{ key: `${fleet}/machines/${id}/object` }] }],
      },
    },
  });

  // Units that nobody names any more are collected by the engine, which is not here.
  await opened(parts.store).kv.deleteRange({ key: keyOf(`${fleet}/unit/${helloHash}`) });
  const one = 'quorum=false&recursive=true&sorted=false';
  expect(await v2('GET', 'job/hello.service', one)).toMatchObject({ status: 404, json: { errorCode: 100 } });
  const raw = JSON.stringify({ Raw: text });
  expect((await v2('PUT', `unit/${helloHash}`, 'prevExist=false', { value: raw })).status).toBe(201);
  expect(await v2('PUT', `unit/${helloHash}`, 'prevExist=false', { value: raw })).toMatchObject({
    status: 412,
    json: { errorCode: 105 },
  });
  expect((await v2('PUT', 'job/hello.service/object', '', { value: object })).status).toBe(201);
  expect((await v2('PUT', 'job/hello.service/target-state', '', { value: 'inactive' })).status).toBe(201);
  expect((await v2('PUT', 'job/hello.service/target-state', '', { value: 'launched' })).status).toBe(200);
  await set('job/hello.service/target', id);
  await set('job/hello.service/job-state', id);
  await set(`states/hello.service/${id}`, running);

  const job = `${fleet}/job/hello.service`;
  expect(await v2('GET', 'job', 'quorum=false&recursive=true&sorted=true')).toMatchObject({
    json: {
      node: {
        nodes: [
          {
            key: job,
            nodes: [
              { key: `${job}/job-state`, value: id },
              { key: `${job}/object`, value: object },
              { key: `${job}/target`, value: id },
              { key: `${job}/target-state`, value: 'launched' },
            ],
          },
        ],
      },
    },
  });
  expect(await v2('GET', 'unit', 'quorum=true&recursive=true&sorted=false')).toMatchObject({
    json: { node: { nodes: [{ key: `${fleet}/unit/${helloHash}`, value: raw }] } },
  });
  expect(await v2('GET', `unit/${helloHash}`, 'quorum=false&recursive=true&sorted=false')).toMatchObject({
    json: { node: { value: raw } },
  });
  const state = { key: `${fleet}/states/hello.service/${id}`, value: running };
  expect(await v2('GET', 'states', one)).toMatchObject({ json: { node: { nodes: [{ nodes: [state] }] } } });
  expect(
    await v2('GET', `states/hello.service/${id}`, 'quorum=false&recursive=false&sorted=false'),
  ).toMatchObject({
    json: { node: state },
  });

  // The same unit by the other driver, and gone for both.
  expect(await api('GET', 'units/hello.service')).toMatchObject({
    json: {
      name: 'hello.service',
      options,
      desiredState: 'launched',
      currentState: 'launched',
      machineID: id,
    },
  });
  expect((await v2('DELETE', 'job/hello.service', 'dir=false&recursive=true')).status).toBe(200);
  expect(await api('GET', 'units/hello.service')).toMatchObject({ status: 404 });
});

test('what the API writes is what fleet writes: the hash of the text, and the hash as a list of numbers', async () => {
  await api('PUT', 'units/hello.service', { name: 'hello.service', options });
  const found = await v2('GET', 'job/hello.service', 'quorum=false&recursive=true&sorted=false');
  const { node } = found.json as { node: { nodes: { key: string; value: string }[] } };
  const value = node.nodes.find(({ key }) => key.endsWith('/object'))?.value ?? '';
  expect(JSON.parse(value)).toEqual({ Name: 'hello.service', UnitHash: [...Buffer.from(helloHash, 'hex')] });
  expect(await api('DELETE', 'units/hello.service')).toMatchObject({ status: 204 });
});
