// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type LogFields, realOpenFile, silentLog } from '../effects/index.js';
import { keptAnswer } from './answers-kept.js';
import type { BootStage } from './boot-stage.js';
import type { BootPlan } from './plan.js';
import { bootHandler } from './routes.js';
import { bootMachine, bootPlan, bootProfile } from './testing.js';

function openFace(plan: BootPlan | undefined) {
  const stages: BootStage[] = [];
  const errors: LogFields[] = [];
  const log = { ...silentLog, error: (_message: string, fields: LogFields = {}) => errors.push(fields) };
  const handler = bootHandler({
    plan: () => plan,
    onStage: (stage) => stages.push(stage),
    openFile: realOpenFile,
    log,
  });
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
  expect(stages).toEqual([
    { at: 'script', machine: 'core-01', profile: 'default', remoteAddress: '127.77.4.101' },
    { at: 'user-data', machine: 'core-01', profile: 'default' },
  ]);
});

test('a machine that asks again costs no rendering, and others nothing; a new plan is answered anew', async () => {
  const read: string[] = [];
  const counting = (number: number, text: string) => {
    const made = bootMachine(number);
    return Object.defineProperty({ ...made }, 'userData', {
      get: () => {
        read.push(made.name);
        return text;
      },
    });
  };
  const one = bootPlan([counting(1, '#cloud-config\n# one\n'), counting(2, '#cloud-config\n')]);
  const { ask, stages } = openFace(one);
  for (let round = 0; round < 3; round += 1) {
    const response = await ask(`/user-data?${first}`, { method: round === 2 ? 'HEAD' : 'GET' });
    expect(await response.text()).toBe(round === 2 ? '' : '#cloud-config\n# one\n');
    expect(response.headers.get('content-length')).toBe('20');
  }
  expect(read).toEqual(['core-01']);
  expect(stages).toHaveLength(2);
  const next = openFace(bootPlan([counting(1, '#cloud-config\n# two\n')]));
  expect(await (await next.ask(`/user-data?${first}`)).text()).toBe('#cloud-config\n# two\n');
});

test('whoever makes up URLs makes answers be forgotten, and no more', async () => {
  const one = bootPlan([bootMachine(1)]);
  const { ask } = openFace(one);
  const asked = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => (await ask(`/ipxe?${first}&odd=${number}`)).text()),
  );
  expect(new Set(asked).size).toBe(1);
  expect(keptAnswer(one, `/ipxe?${first}&odd=0`)).toBeUndefined();
  expect(keptAnswer(one, `/ipxe?${first}&odd=49`)?.text).toBe(asked[0]);
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
  expect(await response.text()).toContain('sleep 5');
  expect(stages).toMatchObject([{ at: 'unknown', facts: { marks: { mac: '52:54:00:99:99:99' } } }]);
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
  const { ask } = openFace(bootPlan([bootMachine(1)], [bootProfile({ args: ['a\nshell'] })]));
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
    openFile: realOpenFile,
    log: { ...silentLog, error: (_message, fields = {}) => errors.push(fields) },
  });
  const response = await handler(new Request('http://h/boot.ipxe'));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('inner');
  expect(errors).toEqual([{ error: 'inner detail' }]);
});

const asset = {
  sha256: 'ab'.repeat(32),
  path: '/images/vmlinuz',
  sizeBytes: 10,
  modifiedMs: 5,
};
const image = { kind: 'ready', kernel: asset, initrds: [], args: [] } as const;

/** A face with one file of ten bytes. */
function openAssets(found: { readonly sizeBytes: number; readonly modifiedMs: number } | undefined = asset) {
  const stages: BootStage[] = [];
  const opened: string[] = [];
  const state = { open: 0 };
  const plan = bootPlan([bootMachine(1)], [bootProfile({ image })]);
  const handler = bootHandler({
    plan: () => plan,
    onStage: (stage) => stages.push(stage),
    openFile: async (path) => {
      opened.push(path);
      if (found === undefined) return undefined;
      state.open += 1;
      const close = async () => {
        state.open -= 1;
      };
      return {
        ...found,
        close,
        stream: (start, end, onRead = () => {}) =>
          new ReadableStream({
            async start(controller) {
              controller.enqueue(new TextEncoder().encode('0123456789'.slice(start, end)));
              onRead(end - start);
              controller.close();
              await close();
            },
          }),
      };
    },
    log: silentLog,
  });
  const url = `http://h/assets/${asset.sha256}/kernel?for=core-01`;
  const ask = (headers: Readonly<Record<string, string>> = {}, method = 'GET', at = url) =>
    handler(new Request(at, { method, headers }));
  return { ask, stages, opened, state };
}

test('a file is served whole, in parts and not at all, as is asked', async () => {
  const { ask, stages, state } = openAssets();
  const whole = await ask();
  expect([whole.status, whole.headers.get('content-length'), whole.headers.get('accept-ranges')]).toEqual([
    200,
    '10',
    'bytes',
  ]);
  expect(await whole.text()).toBe('0123456789');
  expect(stages).toMatchObject([
    { at: 'kernel', machine: 'core-01', bytes: 0, total: 10 },
    { at: 'kernel', machine: 'core-01', bytes: 10, total: 10 },
  ]);
  const part = await ask({ range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  const unfit = await ask({ range: 'bytes=10-' });
  expect([unfit.status, unfit.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  const head = await ask({}, 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  const etag = whole.headers.get('etag') ?? '';
  expect((await ask({ 'if-none-match': etag })).status).toBe(304);
  expect((await ask({ range: 'bytes=2-4', 'if-range': '"other"' })).status).toBe(200);
  expect((await ask({ range: 'bytes=2-4', 'if-range': etag })).status).toBe(206);
  expect(stages.length).toBe(4);
  expect(state.open).toBe(0);
});

test('only the files of images are ever opened', async () => {
  const { ask, opened } = openAssets();
  for (const path of [
    `/assets/${'cd'.repeat(32)}/kernel`,
    '/assets/../../etc/passwd',
    `/assets/${asset.sha256}/..%2f..%2fetc%2fpasswd/x`,
    '/assets/',
    '/assets/images/vmlinuz',
  ])
    expect((await ask({}, 'GET', `http://h${path}`)).status, path).toBe(404);
  expect(opened).toEqual([]);
});

test('a file that was written to since is not served under its old checksum', async () => {
  expect((await openAssets({ sizeBytes: 10, modifiedMs: 6 }).ask()).status).toBe(409);
  expect((await openAssets({ sizeBytes: 11, modifiedMs: 5 }).ask()).status).toBe(409);
});

test('matchbox’s paths answer as well', async () => {
  const { ask } = openFace(plan);
  expect(await (await ask('/boot.ipxe.0')).text()).toBe(await (await ask('/boot.ipxe')).text());
  const text = await (await ask(`/user-data?${first}`)).text();
  expect(await (await ask(`/cloud?${first}`)).text()).toBe(text);
  expect(await (await ask(`/generic?${first}`)).text()).toBe(text);
  expect(await (await ask(`/metadata?${first}`)).text()).toContain('REQUEST_QUERY_MAC=52-54-00-00-00-01\n');
  const ignition = openFace(bootPlan([bootMachine(1, { userData: '{"ignition": {"version": "3.3.0"}}' })]));
  expect((await ignition.ask(`/cloud?${first}`)).status).toBe(404);
});

test('why a machine boots what it boots is told as JSON', async () => {
  const { ask } = openFace(plan);
  const told = await (await ask(`/why?${first}`)).json();
  expect(told).toMatchObject({ machine: 'core-01', profile: 'default' });
});
