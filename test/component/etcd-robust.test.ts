// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect, keyOf } from '../../src/etcd/index.js';
import { type Served, startServed } from './etcd-parts.js';

const parts: { server?: Served } = {};
const url = () => parts.server?.url ?? '';
const port = () => Number(new URL(url()).port);
beforeEach(async () => {
  parts.server = await startServed();
});
afterEach(async () => {
  // Whatever a test did to it, the server answers the next client.
  const client = connect([url()]);
  expect((await client.put({ key: keyOf('a'), value: keyOf('b') })).revision).toBeGreaterThan(1);
  await client.close();
  await parts.server?.close();
});

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frame = (type: number, flags: number, stream: number, payload: Uint8Array) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const settings = frame(4, 0, 0, Buffer.alloc(0));

/** Sends bytes and waits until the server ends the connection, or says GOAWAY: nghttp2 leaves the rest to the client. */
const sendRaw = (bytes: Uint8Array) =>
  new Promise<void>((resolve) => {
    const socket = net.connect(port(), '127.0.0.1', () => socket.write(bytes));
    let seen = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      if (frameTypes(seen).includes(7)) socket.destroy();
    });
    socket.once('close', () => resolve());
  });

function frameTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3))
    types.push(bytes.readUInt8(at + 3));
  return types;
}

it.each([
  ['garbage instead of a protocol', randomBytes(4_000)],
  [
    'garbage after the preface',
    Buffer.concat([preface, Buffer.from([0xff, 0xff, 0xff, 1]), randomBytes(4_000)]),
  ],
  [
    'a frame of a size not allowed',
    Buffer.concat([preface, settings, Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1])]),
  ],
  [
    'a header block that cannot be decoded',
    Buffer.concat([preface, settings, frame(1, 4, 1, Buffer.alloc(99, 0xff))]),
  ],
  [
    'data on a stream that does not exist',
    Buffer.concat([preface, settings, frame(0, 0, 5, Buffer.alloc(9)), frame(6, 0, 0, Buffer.alloc(8))]),
  ],
  [
    'settings without end and no request',
    Buffer.concat([preface, ...Array.from({ length: 9_000 }, () => settings)]),
  ],
])('ends a connection that sends %s', async (_, bytes) => {
  await sendRaw(bytes);
});

it('survives connections that are dropped at any byte', async () => {
  const bytes = Buffer.concat([preface, settings, frame(1, 4, 1, Buffer.from([0x83, 0x86, 0x84]))]);
  for (let length = 0; length <= bytes.length; length += 1) {
    await new Promise<void>((resolve) => {
      const socket = net.connect(port(), '127.0.0.1', () => {
        if (length > 0) socket.write(bytes.subarray(0, length));
        if (length % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve());
    });
  }
});

interface Raw {
  readonly stream: http2.ClientHttp2Stream;
  readonly status: Promise<string | undefined>;
}

/** One gRPC request by hand on a session; its status once it is over, `undefined` when it has none. */
function open(session: http2.ClientHttp2Session, path: string, headers: http2.OutgoingHttpHeaders = {}): Raw {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: { status?: string } = {};
  const take = (fields: http2.IncomingHttpHeaders) => {
    if (fields['grpc-status'] !== undefined) seen.status = String(fields['grpc-status']);
  };
  stream.on('response', take);
  stream.on('trailers', take);
  stream.on('error', () => {});
  stream.resume();
  return { stream, status: new Promise((resolve) => stream.once('close', () => resolve(seen.status))) };
}

async function withSession<T>(use: (session: http2.ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = http2.connect(url());
  session.on('error', () => {});
  try {
    return await use(session);
  } finally {
    session.destroy();
  }
}

it.each([
  ['compressed', [1, 0, 0, 0, 0], '12'],
  ['of an unknown kind', [9, 0, 0, 0, 0], '13'],
  ['longer than is allowed', [0, 0x7f, 0xff, 0xff, 0xff], '8'],
  ['cut off', [0, 0, 0, 0, 9, 1], '13'],
  ['missing', [], '13'],
])('answers a message that is %s with its status', (_, bytes, status) =>
  withSession(async (session) => {
    for (const path of ['/etcdserverpb.KV/Range', '/etcdserverpb.Lease/LeaseKeepAlive']) {
      const call = open(session, path);
      call.stream.end(Buffer.from(bytes));
      const isEmptyStream = bytes.length === 0 && path.endsWith('KeepAlive');
      expect(await call.status).toBe(isEmptyStream ? '0' : status);
    }
  }),
);

it('answers a client that goes on sending after it was refused', () =>
  withSession(async (session) => {
    const call = open(session, '/etcdserverpb.KV/Range');
    call.stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    expect(await call.status).toBe('8');
  }));

it.each([
  ['a method there is not', '/nothing', {}, '12'],
  ['a compressed body', '/etcdserverpb.KV/Range', { 'grpc-encoding': 'gzip' }, '12'],
  ['a deadline that is none', '/etcdserverpb.KV/Range', { 'grpc-timeout': 'soon' }, '13'],
])('refuses %s', (_, path, headers, status) =>
  withSession(async (session) => {
    const call = open(session, path, headers);
    call.stream.end(Buffer.from([0, 0, 0, 0, 0]));
    expect(await call.status).toBe(status);
  }),
);

it('refuses what is no gRPC with an HTTP status', () =>
  withSession(async (session) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'text/plain' });
    const status = await new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[':status'])),
    );
    stream.close();
    expect(status).toBe(404);
  }));

it('refuses headers without measure and serves the next session', async () => {
  await withSession(async (session) => {
    const call = open(session, '/etcdserverpb.KV/Range', { 'x-long': 'x'.repeat(60_000) });
    call.stream.end(Buffer.from([0, 0, 0, 0, 0]));
    expect(await call.status).not.toBe('0');
  });
});

it('serves others while a thousand calls stand half sent', () =>
  withSession(async (session) => {
    const calls = Array.from({ length: 1_000 }, () => {
      const call = open(session, '/etcdserverpb.KV/Put');
      call.stream.write(Buffer.from([0, 0, 0x10, 0, 0, 1]));
      return call;
    });
    const client = connect([url()]);
    expect((await client.range({ key: keyOf('nothing') })).count).toBe(0);
    await client.close();
    for (const { stream } of calls) stream.close(http2.constants.NGHTTP2_CANCEL);
    await Promise.all(calls.map((call) => call.status));
  }));

it('closes at once with open watches, and again without harm', async () => {
  const extra = await startServed();
  const client = connect([extra.url]);
  const watching = (async () => {
    for await (const message of client.watch({ key: keyOf('a') }, new AbortController().signal)) {
      if (message.kind === 'created') void extra.close();
    }
  })();
  await expect(watching).rejects.toThrow(expect.objectContaining({ code: 'etcd/unavailable' }));
  await extra.close();
  expect(extra.kv.watchCount()).toBe(0);
  await client.close();
});

it('throws a taken port as it is', async () => {
  await expect(startServed(undefined, { port: port() })).rejects.toThrow(
    expect.objectContaining({ code: 'EADDRINUSE' }),
  );
});

it('slows down with a client that does not read its watch, and loses nothing', () =>
  withSession(async (session) => {
    const create = Buffer.from([0, 0, 0, 0, 5, 0x0a, 3, 0x0a, 1, 0x6b]);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.Watch/Watch',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => {});
    stream.write(create);
    await new Promise((resolve) => stream.once('response', resolve));
    for (let count = 0; count < 60; count += 1) {
      await parts.server?.kv.put({ key: keyOf('k'), value: Buffer.alloc(50_000, count) });
    }
    let sizeBytes = 0;
    for await (const chunk of stream) {
      sizeBytes += chunk.length;
      if (sizeBytes > 60 * 50_000) break;
    }
    expect(sizeBytes).toBeGreaterThan(60 * 50_000);
  }));

it.each([
  ['many', Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'y']))],
  ['long', { 'x-long': 'y'.repeat(200_000) }],
])('refuses a request with %s headers', (_, headers) =>
  withSession(async (session) => {
    const call = open(session, '/etcdserverpb.KV/Range', headers);
    expect(await call.status).toBeUndefined();
  }),
);
