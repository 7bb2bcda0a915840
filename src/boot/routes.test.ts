// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type LogFields, silentLog } from '../effects/index.js';
import type { BootPlan } from './plan.js';
import { type BootStage, bootHandler } from './routes.js';
import { bootMachine, bootPlan } from './testing.js';

function openFace(plan: BootPlan | undefined) {
  const stages: BootStage[] = [];
  const errors: LogFields[] = [];
  const log = { ...silentLog, error: (_message: string, fields: LogFields = {}) => errors.push(fields) };
  const handler = bootHandler({ plan: () => plan, onStage: (stage) => stages.push(stage), log });
  const ask = (path: string, init: RequestInit = {}, env?: unknown) =>
    handler(new Request(`http://127.77.4.1:7070${path}`, init), env);
  return { ask, stages, errors };
}

const plan = bootPlan([bootMachine(1), bootMachine(2, { userData: undefined })]);
const first = 'mac=52-54-00-00-00-01';

test('the first script is the same for all and tells nobody', async () => {
  const { ask, stages } = openFace(plan);
  const response = await ask('/boot.ipxe');
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(text).toMatch(/^#!ipxe\n/);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(response.headers.get('content-length')).toBe(String(text.length));
  expect(stages).toEqual([]);
});

test('a machine gets its script and its user-data, and both are told', async () => {
  const { ask, stages } = openFace(plan);
  const env = { incoming: { socket: { remoteAddress: '127.77.4.101' } } };
  expect(await (await ask(`/ipxe?${first}`, {}, env)).text()).toContain('muster.name=core-01');
  expect(await (await ask(`/user-data?${first}`)).text()).toContain('public-ip: "127.77.4.101"');
  const marks = { mac: '52:54:00:00:00:01' };
  expect(stages).toEqual([
    { at: 'script', machine: 'core-01', marks, remoteAddress: '127.77.4.101' },
    { at: 'user-data', machine: 'core-01', marks },
  ]);
});

test('the URL of the user-data in the script is that machine’s', async () => {
  const { ask } = openFace(plan);
  const script = await (await ask(`/ipxe?${first}`)).text();
  const url = new URL(/cloud-config-url=(\S+)/.exec(script)?.[1] ?? '');
  expect(url.origin).toBe(plan.controlUrl);
  expect(await (await ask(url.pathname + url.search)).text()).toContain('127.77.4.101');
});

test('the same user-data is served as Ignition, and told as user-data', async () => {
  const { ask, stages } = openFace(plan);
  const config = JSON.parse(await (await ask(`/ignition?${first}`)).text());
  expect(config.ignition).toEqual({ version: '3.3.0' });
  expect(JSON.stringify(config)).toContain('FLEET_PUBLIC_IP=127.77.4.101');
  expect(stages.map(({ at }) => at)).toEqual(['user-data']);
  expect((await ask('/ignition?serial=S-2')).status).toBe(200);
});

test('an Ignition config is served as it is, with its variables filled in', async () => {
  const userData = '{"ignition": {"version": "2.3.0"}, "own": "$private_ipv4"}';
  const { ask } = openFace(bootPlan([bootMachine(1, { userData })]));
  const text = await (await ask(`/ignition?${first}`)).text();
  expect(text).toBe('{"ignition": {"version": "2.3.0"}, "own": "127.77.4.101"}');
});

test('user-data that Ignition cannot say as a whole is refused, not served in part', async () => {
  const lossy = bootMachine(1, {
    userData: '#cloud-config\nwrite_files:\n  - {path: /usr/bin/x, content: x}\n',
  });
  const { ask } = openFace(bootPlan([lossy]));
  const response = await ask(`/ignition?${first}`);
  expect(response.status).toBe(409);
  expect(await response.text()).toContain('line 3: "/usr/bin/x" is on the read-only part of the system');
});

test('a machine with no user-data gets an empty one', async () => {
  const { ask } = openFace(plan);
  expect(await (await ask('/user-data?serial=S-2')).text()).toBe('#cloud-config\n');
});

test('a machine that nobody knows waits, and is told', async () => {
  const { ask, stages } = openFace(plan);
  const response = await ask('/ipxe?mac=52-54-00-99-99-99&serial=%1b[2Jx');
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('sleep 10');
  expect(stages).toEqual([{ at: 'unknown', marks: { mac: '52:54:00:99:99:99' } }]);
  const missed = await ask('/user-data?mac=52-54-00-99-99-99');
  expect(missed.status).toBe(404);
  expect(await missed.text()).toBe(
    'no machine of this cluster has mac 52:54:00:99:99:99\n' +
      'ask with ?mac=, ?uuid= or ?serial= of a machine in the cluster file; "muster machines" lists them\n',
  );
});

test('nothing that a stranger sends comes back in a script', async () => {
  const { ask } = openFace(plan);
  const response = await ask('/ipxe?mac=evil&uuid=evil&serial=evil%0Ashell&hostname=evil');
  expect(await response.text()).not.toContain('evil');
});

test.each([
  ['a long mark', `/ipxe?mac=${'a'.repeat(257)}`],
  ['a long parameter that nobody reads', `/user-data?${first}&x=${'a'.repeat(257)}`],
  ['a long name', `/user-data?${first}&${'a'.repeat(257)}=1`],
])('%s is refused', async (_what, path) => {
  const { ask, stages } = openFace(plan);
  const response = await ask(path);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('longer than 256 characters');
  expect(stages).toEqual([]);
});

test('a parameter of 256 characters is let through', async () => {
  const { ask } = openFace(plan);
  expect((await ask(`/ipxe?${first}&asset=${'a'.repeat(256)}`)).status).toBe(200);
});

test('of a repeated parameter the first counts', async () => {
  const { ask } = openFace(plan);
  const text = await (await ask(`/ipxe?${first}&mac=52-54-00-00-00-02`)).text();
  expect(text).toContain('muster.name=core-01');
});

test('names of object properties are parameters like any other', async () => {
  const { ask } = openFace(plan);
  expect((await ask(`/ipxe?__proto__=x&constructor=y&${first}`)).status).toBe(200);
});

test('only GET and HEAD are answered, and HEAD tells nobody', async () => {
  const { ask, stages } = openFace(plan);
  const head = await ask(`/ipxe?${first}`, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  expect(await head.text()).toBe('');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const response = await ask(`/ipxe?${first}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  }
  expect(stages).toEqual([]);
});

test('other paths are not there', async () => {
  const { ask } = openFace(plan);
  for (const path of [
    '/',
    '/boot.ipxe/',
    '/ipxe/x',
    '/user-data/../../etc/passwd',
    '/%2e%2e/x',
    '/assets/x',
  ]) {
    expect((await ask(path)).status, path).toBe(404);
  }
});

test('while there is no cluster machines wait, and others are told to', async () => {
  const { ask, stages } = openFace(undefined);
  for (const path of ['/boot.ipxe', `/ipxe?${first}`]) {
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('chain --replace --autofree http://127.77.4.1:7070/boot.ipxe');
  }
  const response = await ask(`/user-data?${first}`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(stages).toEqual([]);
});

test('a profile that cannot be said is an error of the server, with its reason', async () => {
  const profile = { kernel: 'http://h/k', initrds: [], args: ['a\nshell'], reads: 'cloud-config' } as const;
  const { ask } = openFace(bootPlan([bootMachine(1, { profile })]));
  const response = await ask(`/ipxe?${first}`);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('cannot hold the argument');
});

test('a defect is logged and not shown', async () => {
  const errors: LogFields[] = [];
  const handler = bootHandler({
    plan: () => {
      throw new Error('inner detail');
    },
    onStage: () => {},
    log: { ...silentLog, error: (_message, fields = {}) => errors.push(fields) },
  });
  const response = await handler(new Request('http://h/boot.ipxe'));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('inner');
  expect(errors).toEqual([{ error: 'inner detail' }]);
});
