// SPDX-License-Identifier: Apache-2.0

import * as http from 'node:http';
import * as net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BootStage, bootHandler } from '../../src/boot/index.js';
import { bootMachine, bootPlan } from '../../src/boot/testing.js';
import {
  type Listening,
  listen,
  realClock,
  realHttpGet,
  realOpenFile,
  silentLog,
} from '../../src/effects/index.js';
import { runFirmware } from '../../src/providers/index.js';

const machines = Array.from({ length: 1000 }, (_, index) => bootMachine(index + 1));
const stages: BootStage[] = [];
let face: Listening;
let url: URL;

beforeEach(async () => {
  stages.length = 0;
  const plan = { current: bootPlan(machines) };
  const handler = bootHandler({
    plan: () => plan.current,
    onStage: (stage) => stages.push(stage),
    openFile: realOpenFile,
    log: silentLog,
  });
  face = await listen(handler, { host: '127.0.0.1', port: 0 });
  url = new URL(face.url);
  plan.current = { ...plan.current, controlUrl: face.url };
});
afterEach(() => face.close());

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly port: number | undefined;
}

/** The path goes out as it is, unlike with `fetch`. */
function ask(path: string, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: url.hostname, port: url.port, path, ...options }, (response) => {
      const chunks: Buffer[] = [];
      const port = response.socket.localPort;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          port,
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

/** Bytes as they are, answered until the server closes. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(url.port), url.hostname, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

test('a machine boots over HTTP, and the server sees from where', async () => {
  const { mac, uuid } = bootMachine(777).marks;
  const { commandLine } = await runFirmware(
    { httpGet: realHttpGet, clock: realClock, console: () => {} },
    { marks: { mac, uuid }, bootUrl: `${face.url}/boot.ipxe` },
    new AbortController().signal,
  );
  expect(commandLine).toContain('muster.name=core-777');
  expect(stages).toMatchObject([{ at: 'script', machine: 'core-777', remoteAddress: '127.0.0.1' }]);
  const userData = await realHttpGet(/cloud-config-url=(\S+)/.exec(commandLine)?.[1] ?? '');
  expect(new TextDecoder().decode(userData.body)).toContain(bootMachine(777).facts.publicIpv4);
});

test('one connection serves several files, each with its length, as iPXE wants it', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'user-agent': 'iPXE/1.0.0+git-20190125' };
  const paths = ['/boot.ipxe', '/ipxe?mac=52-54-00-00-00-01', '/user-data?serial=S-1'];
  const answers: Answer[] = [];
  for (const path of paths) answers.push(await ask(path, { agent, headers }));
  agent.destroy();
  expect(new Set(answers.map(({ port }) => port)).size).toBe(1);
  for (const { status, headers: got, body } of answers) {
    expect(status).toBe(200);
    expect(got['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(got['transfer-encoding']).toBeUndefined();
  }
});

test('HEAD has the length and no body', async () => {
  const [head, get] = await Promise.all([ask('/boot.ipxe', { method: 'HEAD' }), ask('/boot.ipxe')]);
  expect([head.status, head.body]).toEqual([200, '']);
  expect(head.headers['content-length']).toBe(get.headers['content-length']);
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s is refused', async (method) => {
  const answer = await ask('/user-data?serial=S-1', { method });
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
});

test.each([
  '/../../etc/passwd',
  '/user-data/../../../etc/passwd',
  '/..%2f..%2fetc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//etc/passwd',
  '/ipxe%00',
  '/IPXE',
  '/assets/../user-data',
])('the path %s leads nowhere', async (path) => {
  const answer = await ask(path);
  expect([400, 404]).toContain(answer.status);
  expect(answer.body).not.toContain('root:');
});

test('headers of any size end in an answer, and the next machine is served', async () => {
  const answer = await say(`GET /boot.ipxe HTTP/1.1\r\nhost: h\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`).catch(
    String,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 |ECONNRESET|EPIPE/);
  expect((await ask('/boot.ipxe')).status).toBe(200);
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a host that is none', 'GET /boot.ipxe HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n'],
  [
    'a percent sign that means nothing',
    'GET /ipxe?mac=%zz&serial=%ff HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n',
  ],
])('%s ends in an answer', async (_what, bytes) => {
  expect(await say(bytes)).toMatch(/^HTTP\/1\.1 (400|200) /);
});

test('a query that is too long is refused in words', async () => {
  const answer = await ask(`/ipxe?mac=${'a'.repeat(5000)}`);
  expect([answer.status, answer.body.split('\n')[0]]).toEqual([
    400,
    'the parameter "mac" is longer than 256 characters',
  ]);
});

test('a thousand machines at once all get their own script', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const answers = await Promise.all(
    machines.map(({ marks }) =>
      ask(`/ipxe?uuid=${marks.uuid}&mac=${marks.mac.replaceAll(':', '-')}`, { agent }),
    ),
  );
  agent.destroy();
  for (const [index, { body }] of answers.entries())
    expect(body).toContain(`muster.name=${machines[index]?.name} `);
});
