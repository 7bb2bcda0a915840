// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock, silentLog } from '../../src/effects/index.js';
import { keyOf, prefixRange, v2Handler } from '../../src/etcd/index.js';
import { memberId } from '../../src/model/index.js';
import { memoryStore } from '../../src/store/testing.js';
import { findProgram } from '../conformance/real-etcd.js';

const parts: { url: string; close: () => Promise<void> } = { url: '', close: async () => {} };

/** A store with the users root, ann (reads `/r/…`, reads and writes the key `/w` and all of `/both/…`), and auth on. */
beforeAll(async () => {
  const store = await memoryStore();
  parts.close = () => store.close();
  const { kv, auth, clusterId } = store;
  const id = memberId(store.memberId);
  const cluster = async () => ({ members: [], leader: id });
  const http = v2Handler({ kv, clock: realClock, log: silentLog, clusterId, version: '3.5.16', cluster });
  parts.url = (await store.serve({ host: '127.0.0.1', port: 0, http })).url;
  for (const key of ['/r/1', '/r/dir/2', '/w', '/secret'])
    await kv.put({ key: keyOf(key), value: keyOf('v') });
  const rights = { hasPassword: true };
  await auth.userAdd({ name: 'root', password: 'top', ...rights });
  await auth.userGrantRole('root', 'root');
  await auth.userAdd({ name: 'ann', password: 'a:b', ...rights });
  await auth.roleAdd('some');
  await auth.roleGrantPermission('some', { kind: 'read', ...prefixRange('/r/') });
  await auth.roleGrantPermission('some', { kind: 'readwrite', key: keyOf('/w') });
  await auth.roleGrantPermission('some', { kind: 'readwrite', ...prefixRange('/both/') });
  await auth.userGrantRole('ann', 'some');
  await auth.enable();
});
afterAll(() => parts.close());

/** @param user `name:password`; empty: nobody */
async function ask(user: string, method: string, path: string, form?: string) {
  const response = await fetch(`${parts.url}${path}`, {
    method,
    headers: {
      ...(user === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form === undefined ? {} : { body: form }),
  });
  return { status: response.status, text: (await response.text()).trim() };
}

const refused = {
  status: 401,
  text: '{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}',
};
const ann = 'ann:a:b';

test.each([
  ['', 'GET', '/v2/keys/'],
  ['', 'GET', '/v2/keys/r/1'],
  ['', 'GET', '/v2/keys/secret?wait=true'],
  ['', 'PUT', '/v2/keys/secret?value=x'],
  ['ann:wrong', 'GET', '/v2/keys/r/1'],
  ['nobody:x', 'GET', '/v2/keys/r/1'],
  [ann, 'GET', '/v2/keys/'],
  [ann, 'GET', '/v2/keys/?recursive=true'],
  [ann, 'GET', '/v2/keys/secret'],
  [ann, 'GET', '/v2/keys/r/../secret'],
  [ann, 'GET', '/v2/keys/%73ecret'],
  [ann, 'GET', '/v2/keys/secret?wait=true&waitIndex=1'],
  [ann, 'PUT', '/v2/keys/r/1?value=x'],
  [ann, 'POST', '/v2/keys/r'],
  [ann, 'DELETE', '/v2/keys/r/1'],
  [ann, 'DELETE', '/v2/keys/w'],
  [ann, 'PUT', '/v2/keys/w?dir=true'],
])('"%s" may not %s %s', async (user, method, path) => {
  expect(await ask(user, method, path)).toEqual(refused);
});

test.each([
  [ann, 'GET', '/v2/keys/r/1', 200],
  [ann, 'GET', '/v2/keys/r', 200],
  [ann, 'GET', '/v2/keys/r/?recursive=true&sorted=true', 200],
  [ann, 'GET', '/v2/keys/r/none', 404],
  [ann, 'GET', '/v2/keys/r/1?wait=true&waitIndex=1', 200],
  [ann, 'PUT', '/v2/keys/w?value=x', 200],
  [ann, 'POST', '/v2/keys/both?value=x', 201],
  [ann, 'PUT', '/v2/keys/both/dir?dir=true', 201],
  [ann, 'DELETE', '/v2/keys/both/dir?recursive=true', 200],
  ['root:top', 'GET', '/v2/keys/?recursive=true', 200],
  ['root:top', 'PUT', '/v2/keys/secret?value=y', 200],
  ['', 'GET', '/v2/members', 200],
  ['', 'GET', '/v2/stats/self', 200],
])('"%s" may %s %s', async (user, method, path, status) => {
  expect((await ask(user, method, path)).status).toBe(status);
});

test('the fields of a form count as those of a query', async () => {
  expect(await ask(ann, 'PUT', '/v2/keys/w', 'dir=true')).toEqual(refused);
  expect((await ask(ann, 'PUT', '/v2/keys/w', 'value=z')).status).toBe(200);
});

test("members are the admin's to change, and auth says that it is on", async () => {
  const insufficient = { status: 401, text: '{"message":"Insufficient credentials"}' };
  expect(await ask(ann, 'DELETE', '/v2/members/12')).toEqual(insufficient);
  expect((await ask('root:top', 'DELETE', '/v2/members/12')).status).toBe(404);
  expect(await ask('', 'GET', '/v2/auth/enable')).toEqual({ status: 200, text: '{"enabled":true}' });
});

test.skipIf(findProgram('etcdctl', '3.4') === undefined)('etcdctl of API 2 with a user name', async () => {
  const program = findProgram('etcdctl', '3.4') ?? '';
  const ctl = (...args: string[]) =>
    new Promise<string>((resolve) => {
      const all = ['--endpoints', parts.url, '--no-sync', ...args];
      execFile(program, all, { env: { ETCDCTL_API: '2' } }, (_error, stdout, stderr) =>
        resolve((stdout + stderr).trim()),
      );
    });
  expect(await ctl('--username', ann, 'get', '/r/1')).toBe('v');
  expect(await ctl('--username', ann, 'get', '/secret')).toContain(
    '110: The request requires user authentication',
  );
  expect(await ctl('get', '/r/1')).toContain('Insufficient credentials');
});
