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

/**
 * What differs between any two servers: ids, the term, and the seconds that went by; and the spaces that Go's library
 * puts into JSON and errors or not, from one build to the next, so that nobody counts on them.
 */
function normal(body: string): string {
  return body
    .replace(/, (?=["{])/g, ',')
    .replace(/proto:\u00a0/g, 'proto: ')
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

/** In this order on all servers, so that revisions are alike. */
const calls: readonly (readonly [path: string, body: string])[] = [
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy"}`],
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy","prev_kv":true}`],
  ['/v3/kv/put', `{"key":"${key}","value":"YmFy","prevKv":true} and more`],
  ['/v3/kv/put', '{"value":"YmFy"}'],
  ['/v3/kv/put', '{"nobody knows":5}'],
  ['/v3/kv/put', '{'],
  ['/v3/kv/put', ''],
  ['/v3/kv/put', 'x'],
  ['/v3/kv/put', `{"key":"${key}","lease":"77"}`],
  ['/v3/kv/put', `{"key":"${key}","lease":null,"value":null}`],
  ['/v3/kv/range', `{"key":"${key}","sort_order":"ASCEND","sortTarget":"VALUE","limit":"5"}`],
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

/** What only etcd 3.5 answers in this way: what 3.4 takes for an error, and in which words it tells one. */
const strange: readonly (readonly [path: string, body: string])[] = [
  ...[
    '{"key":"???"}',
    '{"key":5}',
    '{"key":"YQ","value":"YmFy"}',
    '{"key":"Y-==","value":"YmFy"}',
    '{"key":"-_8="}',
    '{"key":"YQ==\\n"}',
    '{"key":" YQ=="}',
    'null',
    '[]',
    '5',
    '"x"',
    '{"key":"YQ==","key":"Yg=="}',
    '{"key":"YQ==",\n"prevKv":true, "prev_kv":true}',
    '{"key":"YQ==",}',
    "{'key':1}",
    '{"key":"YQ=="',
    '{"key":true}',
    '{"key":{}}',
    '{"key":[]}',
    '{"KEY":"YQ=="}',
    '{"key":"YQ==","lease":1.0}',
    '{"key":"YQ==","lease":1e1}',
    '{"key":"YQ==","lease":1.5}',
    '{"key":"YQ==","lease":"x"}',
    '{"key":"YQ==","lease":""}',
    '{"key":"YQ==","lease":" 1"}',
    '{"key":"YQ==","lease":"1.0"}',
    '{"key":"YQ==","lease":9223372036854775808}',
    '{"key":"YQ==","lease":true}',
    '{"key":"YQ==","lease":{}}',
    '{"key":"YQ==","prev_kv":"yes"}',
    '{"key":"YQ==","prev_kv":1}',
    '{"key":"YQ==","unknown":{"a":[1,{"b":null}]}}',
    ' {"key":"YQ=="} x',
  ].map((body) => ['/v3/kv/put', body] as const),
  ...['"BAD"', '"1"', '77', '1.5', 'true', '{}', 'null'].map(
    (order) => ['/v3/kv/range', `{"key":"YQ==","sort_order":${order}}`] as const,
  ),
  ...[
    '{"compare":{}}',
    '{"compare":[5]}',
    '{"compare":"x"}',
    '{"success":[{"request_put":5}]}',
    '{"success":[{"request_put":{"key":"YQ=="},"request_range":{"key":"YQ=="}}]}',
    '{"success":[null]}',
    '{"success":[{"nope":1}]}',
    '{"compare":[{"key":"YQ==","version":"1","mod_revision":"2"}]}',
    '{"compare":[{"key":"YQ==","target":"VERSION","version":null}]}',
  ].map((body) => ['/v3/kv/txn', body] as const),
  ['/v3/cluster/member/add', '{"peerURLs":"x"}'],
  ['/v3/cluster/member/add', '{"peerURLs":[5]}'],
  ['/v3/cluster/member/add', '{"peerURLs":[null]}'],
  ['/v3/maintenance/downgrade', '{}'],
  ['/v3/maintenance/downgrade', '{"action":"VALIDATE","version":"3.4.0"}'],
  ['/v3/maintenance/downgrade', '{"action":"VALIDATE","version":"3.3.0"}'],
  ['/v3/maintenance/downgrade', '{"action":"CANCEL"}'],
  ['/v3/maintenance/downgrade', '{"action":9}'],
  // At which 3.4 ends.
  ['/v3/maintenance/alarm', '{"action":"ACTIVATE","alarm":"NONE"}'],
  ['/v3/maintenance/alarm', '{}'],
  ['/v3/auth/status', '{}'],
  ['/v3/lease/keepalive', '{"ID":"x"}'],
  ['/v3/lease/keepalive', ''],
  ['/v3/lease/keepalive', '{'],
  ['/v3/lease/keepalive', '[]'],
  ['/v3/watch', '{"create_request":{"key":"YQ==","filters":["X"],"watch_id":"7"}}'],
  ['/v3/nothing', '{}'],
  ['/v3/kv/range/', '{}'],
  ['/v3beta/kv/range', '{"key":"YQ=="}'],
  ['/health', '{}'],
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
  ['u1', '/v3/auth/user/list', '{}'],
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

/** What 3.4 tells of an error, as 3.5 tells it: without the text twice, and with one status less. */
function as35({ status, type, body }: Answer): Answer {
  const fault = /^(.*?)\{"error":("(?:[^"\\]|\\.)*"),"message":\2,"code":(\d+)\}$/s.exec(body);
  if (fault === null) return { status, type, body };
  return { status: status === 412 ? 400 : status, type, body: `{"code":${fault[3]},"message":${fault[2]}}` };
}

describe.skipIf(!hasEtcd('3.4') || !hasEtcd('3.5'))('the JSON gateway beside those of etcd', () => {
  const parts: { own?: Served; etcd34?: RealEtcd; etcd35?: RealEtcd } = {};
  beforeAll(async () => {
    parts.own = await startServed(undefined, { maintenance: memoryMaintenance(), auth: memoryAuth() });
    parts.etcd34 = await startEtcd({ version: '3.4' });
    parts.etcd35 = await startEtcd({ version: '3.5', flags: ['--unsafe-no-fsync'] });
  });
  afterAll(() => Promise.all([parts.own?.close(), parts.etcd34?.close(), parts.etcd35?.close()]));
  const urls = () => ({
    own: parts.own?.url ?? '',
    etcd34: parts.etcd34?.url ?? '',
    etcd35: parts.etcd35?.url ?? '',
  });

  it('answers the same as 3.5, and as 3.4 but for the form of errors', async () => {
    const { own, etcd34, etcd35 } = urls();
    for (const [path, body] of calls) {
      const at = `${path} ${body}`;
      const expected = { at, answer: await ask(etcd35, path, body) };
      expect({ at, answer: await ask(own, path, body) }).toEqual(expected);
      if (path !== '/version' && path !== '/health') {
        expect({ at, answer: as35(await ask(etcd34, path, body)) }).toEqual(expected);
      }
    }
  });

  it('streams a watch a line at a time', async () => {
    const seen = await Promise.all(
      Object.values(urls()).map(async (url) => {
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
    expect(seen[0]).toHaveLength(3);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toEqual(seen[2]);
  });

  it.each(strange)('answers the same as 3.5 to %s %j', async (path, body) => {
    const { own, etcd35 } = urls();
    expect(await ask(own, path, body)).toEqual(await ask(etcd35, path, body));
  });

  it('answers the same to those who may and may not', async () => {
    const { own, etcd35 } = urls();
    await Promise.all([own, etcd35].map((url) => ask(url, '/v3/auth/enable', '{}')));
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
    expect(await told(own)).toEqual(await told(etcd35));
  });
});
