// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import * as http from 'node:http';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf } from '../../src/etcd/index.js';
import { etcdctl, etcdctlProgram, hasEtcdctl, type Served, startServed } from './etcd-parts.js';

const parts: { server?: Served } = {};
const server = (): Served => {
  if (parts.server === undefined) throw new Error('not served');
  return parts.server;
};
beforeEach(async () => {
  parts.server = await startServed();
});
afterEach(() => parts.server?.close());

describe.skipIf(!hasEtcdctl)('stock etcdctl against serveKv', () => {
  const run = (args: readonly string[], input?: string) => etcdctl(server().url, args, input);
  const out = async (args: readonly string[], input?: string) => {
    const ran = await run(args, input);
    expect(ran).toMatchObject({ code: 0 });
    return ran.stdout;
  };

  it('puts, gets, lists by prefix, reads the past and deletes', async () => {
    expect(await out(['put', 'a/1', 'one'])).toBe('OK\n');
    expect(await out(['put', 'a/1', 'two', '--prev-kv'])).toBe('OK\na/1\none\n');
    expect(await out(['put', 'a/2', 'x'])).toBe('OK\n');
    expect(await out(['get', 'a/', '--prefix'])).toBe('a/1\ntwo\na/2\nx\n');
    expect(await out(['get', 'a/', '--prefix', '--keys-only'])).toBe('a/1\n\na/2\n\n');
    expect(await out(['get', 'a/1', '--rev=2'])).toBe('a/1\none\n');
    expect(await out(['get', '', '--from-key', '--limit=1', '--order=DESCEND', '--print-value-only'])).toBe(
      'x\n',
    );
    expect(await out(['del', 'a/', '--prefix', '--prev-kv'])).toBe('2\na/1\ntwo\na/2\nx\n');
    const json = JSON.parse(await out(['get', 'a/1', '-w', 'json']));
    expect(json.header).toEqual({
      cluster_id: 0xabc,
      member_id: Number('0xfedcba9876543210'),
      revision: 5,
      raft_term: 1,
    });
  });

  it('does transactions', async () => {
    await out(['put', 'k', '1']);
    const script = 'value("k") = "1"\nversion("none") = "0"\n\nput k 2\nget k\n\nput k 3\n\n';
    expect(await out(['txn'], script)).toBe('SUCCESS\n\nOK\n\nk\n2\n');
    expect(await out(['txn'], script)).toBe('FAILURE\n\nOK\n');
    expect(await out(['get', 'k', '--print-value-only'])).toBe('3\n');
  });

  it('watches with history, live, and ends cleanly', async () => {
    await out(['put', 'w/1', 'old']);
    const child = spawn(
      etcdctlProgram,
      [`--endpoints=${server().url}`, 'watch', '--prefix', 'w/', '--rev=2', '--prev-kv'],
      {
        env: { ETCDCTL_API: '3' },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      const seen: string[] = [];
      for await (const chunk of child.stdout) {
        seen.push(String(chunk));
        const text = seen.join('');
        if (text === 'PUT\n\n\nw/1\nold\n' || text === 'PUT\nw/1\nold\n') {
          await server().kv.put({ key: keyOf('w/1'), value: keyOf('new') });
          await server().kv.deleteRange({ key: keyOf('w/1') });
        }
        if (text.includes('DELETE')) break;
      }
      expect(seen.join('').replaceAll('\n\n', '\n')).toContain('PUT\nw/1\nold\nw/1\nnew\nDELETE\nw/1\nnew\n');
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    }
  });

  it('grants, keeps alive and revokes leases', async () => {
    const id =
      /lease ([0-9a-f]+) granted with TTL\(60s\)/.exec(await out(['lease', 'grant', '60']))?.[1] ?? '';
    await out(['put', 'l', 'v', `--lease=${id}`]);
    expect(await out(['lease', 'keep-alive', id, '--once'])).toBe(`lease ${id} keepalived with TTL(60)\n`);
    expect(await out(['lease', 'timetolive', id, '--keys'])).toMatch(
      /granted with TTL\(60s\), remaining\(\d+s\), attached keys\(\[l\]\)/,
    );
    expect(await out(['lease', 'list'])).toContain(id);
    await out(['lease', 'revoke', id]);
    expect(await out(['get', 'l'])).toBe('');
    expect((await run(['lease', 'revoke', id])).stderr).toContain('etcdserver: requested lease not found');
    expect((await run(['lease', 'keep-alive', id, '--once'])).stderr).toContain('requested lease not found');
  });

  it("says what is wrong in etcd's words", async () => {
    await out(['put', 'a', '1']);
    await out(['compact', '2']);
    for (const [args, text] of [
      [['compact', '1'], 'etcdserver: mvcc: required revision has been compacted'],
      [['get', 'a', '--rev=99'], 'etcdserver: mvcc: required revision is a future revision'],
      [['put', 'a', '--ignore-value', '--lease=77'], 'etcdserver: requested lease not found'],
      [['put', '', 'v'], 'etcdserver: key is not provided'],
      [['auth', 'enable'], 'unknown service etcdserverpb.Auth'],
    ] as const) {
      const ran = await run(args);
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(text)]);
    }
  });

  it('tells members, status and health', async () => {
    const { url } = server();
    expect(await out(['member', 'list'])).toBe(
      `fedcba9876543210, started, core-01, http://127.0.0.1:2380, ${url}, false\n`,
    );
    expect((await run(['endpoint', 'health'])).stderr + (await out(['endpoint', 'health']))).toContain(
      'is healthy',
    );
    for (const endpoint of [url.replace('http://', ''), url]) {
      const ran = await etcdctl(endpoint, ['endpoint', 'status']);
      expect(ran.stdout).toContain('fedcba9876543210, 3.5.16, 4.1 kB, true');
    }
  });
});

describe('@grpc/grpc-js against serveKv', () => {
  const pass = (bytes: Buffer) => bytes;
  const withClient = async <T>(use: (client: grpc.Client) => Promise<T>): Promise<T> => {
    const client = new grpc.Client(server().url.replace('http://', ''), grpc.credentials.createInsecure());
    try {
      return await use(client);
    } finally {
      client.close();
    }
  };
  const unary = (path: string, message: Buffer, options: grpc.CallOptions = {}) =>
    withClient(
      (client) =>
        new Promise<Buffer | { code: number; details: string }>((resolve) => {
          client.makeUnaryRequest(path, pass, pass, message, new grpc.Metadata(), options, (error, answer) =>
            resolve(
              error === null && answer !== undefined
                ? answer
                : { code: error?.code ?? 0, details: error?.details ?? '' },
            ),
          );
        }),
    );

  it('answers unary calls', async () => {
    await server().kv.put({ key: keyOf('a'), value: keyOf('b') });
    const answer = await unary('/etcdserverpb.KV/Range', Buffer.from([0x0a, 1, 0x61]));
    expect(Buffer.isBuffer(answer) && answer.includes(Buffer.from([0x2a, 1, 0x62]))).toBe(true);
  });

  it.each([
    ['/etcdserverpb.KV/Nothing', [], 12, 'unknown method Nothing for service etcdserverpb.KV'],
    ['/etcdserverpb.KV/Range', [], 3, 'etcdserver: key is not provided'],
    ['/etcdserverpb.KV/Range', [0x0a, 9], 13, 'malformed message'],
    ['/etcdserverpb.Lease/LeaseRevoke', [8, 7], 5, 'etcdserver: requested lease not found'],
  ] as const)('refuses %s %j with status %i', async (path, bytes, code, text) => {
    const refused = await unary(path, Buffer.from(bytes));
    expect(refused).toMatchObject({ code, details: expect.stringContaining(text) });
  });

  it('refuses a message over the limit', async () => {
    const refused = await unary('/etcdserverpb.KV/Put', Buffer.alloc(3_000_000));
    expect(refused).toMatchObject({
      code: 8,
      details: expect.stringContaining('grpc: received message larger than max'),
    });
  });

  it('answers each keepalive of a stream, also of unknown leases', () =>
    withClient(async (client) => {
      const { id } = await server().kv.grantLease(60);
      const stream = client.makeBidiStreamRequest('/etcdserverpb.Lease/LeaseKeepAlive', pass, pass);
      const varint = (value: bigint): number[] =>
        value < 128n ? [Number(value)] : [Number(value % 128n) + 128, ...varint(value / 128n)];
      const send = (lease: bigint) => stream.write(Buffer.from([8, ...varint(lease)]));
      send(id);
      send(5n);
      send(id);
      stream.end();
      const ttls: (number | undefined)[] = [];
      for await (const chunk of stream) {
        const bytes = Buffer.from(chunk);
        ttls.push(bytes.at(-2) === 0x18 ? bytes.at(-1) : undefined);
      }
      expect(ttls).toEqual([60, undefined, 60]);
    }));

  it('frees the watches of a stream that is cancelled or half closed and dropped', () =>
    withClient(async (client) => {
      const create = Buffer.from([0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62]);
      const stream = client.makeBidiStreamRequest('/etcdserverpb.Watch/Watch', pass, pass);
      stream.on('error', () => {});
      const answered = new Promise((resolve) => stream.once('data', resolve));
      stream.write(create);
      stream.end();
      await answered;
      expect(server().kv.watchCount()).toBe(1);
      const next = new Promise((resolve) => stream.once('data', resolve));
      await server().kv.put({ key: keyOf('a'), value: keyOf('1') });
      await next;
      const closed = new Promise((resolve) => stream.once('status', resolve));
      stream.cancel();
      await closed;
      await eventually(() => server().kv.watchCount() === 0);
    }));

  it('ends a call whose deadline has passed', async () => {
    await server().close();
    const waits: (() => void)[] = [];
    parts.server = await startServed((kv) => ({
      ...kv,
      leases: () => new Promise((resolve) => waits.push(() => resolve([]))),
    }));
    const refused = await unary('/etcdserverpb.Lease/LeaseLeases', Buffer.alloc(0), {
      deadline: Date.now() + 100,
    });
    expect(refused).toMatchObject({ code: 4 });
    for (const go of waits) go();
  });
});

describe('HTTP/1.1 on the same port', () => {
  const get = (path: string, method = 'GET') =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const request = http.request(`${server().url}${path}`, { method }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }),
        );
      });
      request.on('error', reject);
      request.end();
    });

  it('answers /version and /health, and 404 to the rest', async () => {
    expect(await get('/version')).toEqual({
      status: 200,
      body: '{"etcdserver":"3.5.16","etcdcluster":"3.5.0"}',
    });
    expect(await get('/health')).toEqual({ status: 200, body: '{"health":"true","reason":""}' });
    expect((await get('/v2/keys')).status).toBe(404);
    expect((await get('/version', 'PUT')).status).toBe(405);
  });

  it('hands every other path to its user', async () => {
    await server().close();
    parts.server = await startServed(undefined, {
      http: async (request) => new Response(`of ${new URL(request.url).pathname}`, { status: 202 }),
    });
    expect(await get('/v2/keys')).toEqual({ status: 202, body: 'of /v2/keys' });
    expect((await get('/version')).status).toBe(200);
  });
});

/** Waits for what another event of this process brings about within moments. */
async function eventually(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000 && !isTrue(); turns += 1)
    await new Promise((resolve) => setImmediate(resolve));
  expect(isTrue()).toBe(true);
}
