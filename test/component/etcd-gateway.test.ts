// SPDX-License-Identifier: Apache-2.0

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasEtcd, type RealEtcd, startEtcd } from '../conformance/real-etcd.js';
import { memoryAuth, memoryMaintenance } from './etcd-doubles.js';
import { type Served, startServed } from './etcd-parts.js';

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** What differs between any two servers: ids, the term, and the seconds that went by. */
function normal(body: string): string {
  return body
    .replace(/"(cluster_id|member_id|raft_term)":"\d+"/g, '"$1":"N"')
    .replace(/"members":\[.*?\]\}\]/g, '"members":[]')
    .replace(/"hash":\d+/g, '"hash":N')
    .replace(/"TTL":"(?:99|100)"/g, '"TTL":"100"');
}

async function ask(url: string, path: string, body: string, headers = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers,
    signal: AbortSignal.timeout(3_000),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    // A watch goes on: its first line is the answer.
    body: normal(path === '/v3/watch' ? await firstChunk(response) : await response.text()),
  };
}

async function firstChunk(response: Response): Promise<string> {
  for await (const chunk of response.body ?? []) return new TextDecoder().decode(chunk);
  return '';
}

const key = Buffer.from('foo').toString('base64');

/** In this order on both servers, so that revisions are alike. */
const calls: readonly (readonly [path: string, body: string])[] = [
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy"}`],
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy","prev_kv":true}`],
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy","prevKv":true} and more`],
  ['/v3/kv/put', '{"value":"YmFy"}'],
  ['/v3/kv/put', '{"key":"???"}'],
  ['/v3/kv/put', '{"key":5}'],
  ['/v3/kv/put', '{"nobody knows":5}'],
  ['/v3/kv/put', '{'],
  ['/v3/kv/put', ''],
  ['/v3/kv/put', 'x'],
  ['/v3/kv/put', `{"key":"${key}","lease":"77"}`],
  ['/v3/kv/put', `{"key":"${key}","lease":null,"value":null}`],
  ['/v3/kv/range', `{"key":"${key}","sort_order":"ASCEND","sortTarget":"VALUE","limit":"5"}`],
  ['/v3/kv/range', `{"key":"${key}","sort_order":"BAD","limit":5}`],
  ['/v3/kv/range', `{"key":"${key}","sort_order":1,"revision":1000}`],
  ['/v3/kv/range', '{"key":"AA==","range_end":"AA==","count_only":true}'],
  ['/v3/kv/range', '{"key":"AA==","range_end":"AA==","keys_only":true,"serializable":true}'],
  [
    '/v3/kv/txn',
    `{"compare":[{"result":"GREATER","target":"VERSION","key":"${key}","version":"0"}],
      "success":[{"request_range":{"key":"${key}"}},{"requestPut":{"key":"${key}","value":"YmF6"}}],
      "failure":[{"request_delete_range":{"key":"${key}"}}]}`,
  ],
  [
    '/v3/kv/txn',
    `{"compare":[{"target":"VALUE","key":"${key}","value":"eA=="}],
      "failure":[{"request_txn":{"success":[{"request_delete_range":{"key":"${key}","prev_kv":true}}]}}]}`,
  ],
  ['/v3/kv/txn', '{"success":[{}]}'],
  ['/v3/kv/deleterange', `{"key":"${key}","prev_kv":true}`],
  ['/v3/kv/compaction', '{"revision":2}'],
  ['/v3/kv/compaction', '{"revision":2}'],
  ['/v3/kv/compaction', '{"revision":"200"}'],
  ['/v3/lease/grant', '{"TTL":100,"ID":7587862094290000001}'],
  ['/v3/lease/grant', '{"TTL":"100","ID":"7587862094290000001"}'],
  ['/v3/lease/timetolive', '{"ID":7587862094290000001,"keys":true}'],
  ['/v3/kv/lease/timetolive', '{"ID":12345}'],
  ['/v3/lease/leases', '{}'],
  ['/v3/kv/lease/leases', ''],
  ['/v3/lease/keepalive', '{"ID":"7587862094290000001"}'],
  ['/v3/lease/keepalive', '{"ID":"7587862094290000001"}{"ID":4}'],
  ['/v3/lease/keepalive', '{"ID":"x"}'],
  ['/v3/lease/revoke', '{"ID":7587862094290000001}'],
  ['/v3/kv/lease/revoke', '{"ID":7587862094290000001}'],
  ['/v3/cluster/member/list', '{}'],
  ['/v3/cluster/member/promote', '{"ID":"5"}'],
  ['/v3/cluster/member/remove', '{"ID":"5"}'],
  ['/v3/cluster/member/update', '{"ID":"5","peerURLs":["http://x:1"]}'],
  ['/v3/cluster/member/add', '{"peerURLs":["x"]}'],
  ['/v3/cluster/member/add', '{"peerURLs":["http://x"]}'],
  ['/v3/cluster/member/add', '{"peerURLs":["http://x:1/path"]}'],
  ['/v3/cluster/member/add', '{}'],
  ['/v3/maintenance/defragment', '{}'],
  ['/v3/maintenance/transfer-leadership', '{"targetID":"5"}'],
  ['/v3/nothing', '{}'],
  ['/nothing', '{}'],
  ['/version', '{}'],
  ['/health', '{}'],
  ['/v3/auth/enable', '{}'],
  ['/v3/auth/authenticate', '{"name":"root","password":"x"}'],
  ['/v3/auth/user/add', '{"name":"root","password":"x"}'],
  ['/v3/auth/user/add', '{"name":"root","password":"x"}'],
  ['/v3/auth/user/add', '{"name":"","password":"x"}'],
  ['/v3/auth/user/add', '{"name":"u1","password":"y"}'],
  ['/v3/auth/role/add', '{"name":"r1"}'],
  ['/v3/auth/role/add', '{"name":""}'],
  ['/v3/auth/role/grant', `{"name":"r1","perm":{"permType":"READWRITE","key":"${key}"}}`],
  ['/v3/auth/role/grant', '{"name":"r1","perm":{"key":"ZQ==","range_end":"Zg=="}}'],
  ['/v3/auth/role/get', '{"role":"r1"}'],
  ['/v3/auth/role/get', '{"role":"zz"}'],
  ['/v3/auth/role/list', '{}'],
  ['/v3/auth/role/revoke', '{"role":"r1","key":"ZQ==","range_end":"Zg=="}'],
  ['/v3/auth/role/revoke', '{"role":"r1","key":"ZQ=="}'],
  ['/v3/auth/role/add', '{"name":"root"}'],
  ['/v3/auth/user/grant', '{"user":"root","role":"root"}'],
  ['/v3/auth/user/grant', '{"user":"u1","role":"r1"}'],
  ['/v3/auth/user/grant', '{"user":"u1","role":"zz"}'],
  ['/v3/auth/user/get', '{"name":"root"}'],
  ['/v3/auth/user/list', '{}'],
];

/** Once auth is on; by whom. */
const guarded: readonly (readonly [who: string, path: string, body: string])[] = [
  ['', '/v3/kv/put', `{"key":"${key}"}`],
  ['', '/v3/kv/range', `{"key":"${key}"}`],
  ['', '/v3/auth/user/list', '{}'],
  ['', '/v3/lease/grant', '{"TTL":100,"ID":9}'],
  ['', '/v3/lease/leases', '{}'],
  ['', '/v3/cluster/member/add', '{"peerURLs":["http://1.1.1.1:1"]}'],
  ['', '/v3/watch', `{"create_request":{"key":"${key}"}}`],
  ['', '/v3/auth/authenticate', '{"name":"u1","password":"bad"}'],
  ['bad', '/v3/kv/range', `{"key":"${key}"}`],
  ['bad', '/v3/auth/user/list', '{}'],
  ['bad', '/v3/kv/compaction', '{"revision":3}'],
  ['u1', '/v3/kv/put', `{"key":"${key}","value":"YQ==","lease":9}`],
  ['u1', '/v3/kv/put', '{"key":"Yg==","value":"YQ=="}'],
  ['u1', '/v3/kv/range', '{"key":"AA==","range_end":"AA=="}'],
  ['u1', '/v3/kv/txn', `{"compare":[{"key":"Zg=="}],"success":[{"request_put":{"key":"${key}"}}]}`],
  [
    'u1',
    '/v3/kv/txn',
    `{"success":[{"request_put":{"key":"${key}"}}],"failure":[{"request_put":{"key":"Zg=="}}]}`,
  ],
  ['u1', '/v3/kv/txn', `{"success":[{"request_put":{"key":"${key}"}}]}`],
  ['u1', '/v3/auth/user/get', '{"name":"u1"}'],
  ['u1', '/v3/auth/user/get', '{"name":"root"}'],
  ['u1', '/v3/auth/role/get', '{"role":"r1"}'],
  ['u1', '/v3/auth/role/get', '{"role":"root"}'],
  ['u1', '/v3/auth/user/list', '{}'],
  ['u1', '/v3/cluster/member/promote', '{"ID":"5"}'],
  ['u1', '/v3/watch', '{"create_request":{"key":"Yg=="}}'],
  ['u1', '/v3/lease/revoke', '{"ID":9}'],
  ['root', '/v3/auth/user/list', '{}'],
  ['root', '/v3/auth/disable', '{}'],
  // Not once more: etcd 3.4 looks at tokens even while auth is off, 3.5 and ours do not (test/conformance/scenarios/auth.ts).
];

async function login(url: string, name: string): Promise<Readonly<Record<string, string>>> {
  if (name === '') return {};
  if (name === 'bad') return { authorization: 'bad' };
  const password = name === 'root' ? 'x' : 'y';
  const response = await fetch(`${url}/v3/auth/authenticate`, {
    method: 'POST',
    body: JSON.stringify({ name, password }),
  });
  return { authorization: String(Object(await response.json()).token) };
}

describe.skipIf(!hasEtcd())('the JSON gateway beside that of etcd', () => {
  const parts: { own?: Served; real?: RealEtcd } = {};
  beforeAll(async () => {
    parts.own = await startServed(undefined, { maintenance: memoryMaintenance(), auth: memoryAuth() });
    parts.real = await startEtcd();
  });
  afterAll(() => Promise.all([parts.own?.close(), parts.real?.close()]));

  it('answers the same', async () => {
    const [own, real] = [parts.own?.url ?? '', parts.real?.url ?? ''];
    const told = async (url: string) => {
      const answers: unknown[] = [];
      for (const [path, body] of calls) answers.push({ path, body, answer: await ask(url, path, body) });
      return answers;
    };
    expect(await told(own)).toEqual(await told(real));
  });

  it('answers the same to those who may and may not', async () => {
    const [own, real] = [parts.own?.url ?? '', parts.real?.url ?? ''];
    await Promise.all([own, real].map((url) => ask(url, '/v3/auth/enable', '{}')));
    const told = async (url: string) => {
      const answers: unknown[] = [];
      const tokens = new Map<string, Readonly<Record<string, string>>>();
      for (const [who, path, body] of guarded) {
        const headers = tokens.get(who) ?? (await login(url, who));
        tokens.set(who, headers);
        answers.push({ who, path, body, answer: await ask(url, path, body, headers) });
      }
      return answers;
    };
    expect(await told(own)).toEqual(await told(real));
  });

  it('streams a watch a line at a time', async () => {
    const seen = await Promise.all(
      [parts.own?.url ?? '', parts.real?.url ?? ''].map(async (url) => {
        const controller = new AbortController();
        const response = await fetch(`${url}/v3/watch`, {
          method: 'POST',
          body: '{"create_request":{"key":"dw==","range_end":"eA==","prev_kv":true}}',
          signal: controller.signal,
        });
        const lines: string[] = [];
        for await (const chunk of response.body ?? []) {
          lines.push(...normal(new TextDecoder().decode(chunk)).split('\n').filter(Boolean));
          if (lines.length === 1) await ask(url, '/v3/kv/put', '{"key":"dw==","value":"MQ=="}');
          if (lines.length === 2) await ask(url, '/v3/kv/deleterange', '{"key":"dw=="}');
          if (lines.length === 3) break;
        }
        controller.abort();
        return lines;
      }),
    );
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toHaveLength(3);
  });
});
