// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type EtcdClient, keyOf } from '../../src/etcd/index.js';
import { methods } from '../../src/etcd/methods.js';
import { encodeWatchCreate } from '../../src/etcd/wire/watch.js';
import { messageOf, requestOf } from '../conformance/message.js';
import { bundleStoreChild, withFolder } from './store-process.js';

const megabyte = 1024 * 1024;

interface Server {
  readonly url: string;
  readonly client: EtcdClient;
  /** In use after a collection, and resident. */
  memory(): Promise<{ readonly inUse: number; readonly resident: number }>;
}

/** A store on disk in a process of its own, and a client that behaves. */
async function withServer(use: (server: Server) => Promise<void>): Promise<void> {
  const program = await bundleStoreChild('store-server-child');
  await withFolder(async (folder) => {
    const args = ['--expose-gc', program, join(folder, 'store')];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const line = async () => String((await lines.next()).value);
      const url = await line();
      const client = connect([url], { timeoutMs: 30_000 });
      const memory = async () => {
        child.stdin.write('\n');
        const [inUse = 0, resident = 0] = (await line()).split(' ').map(Number);
        return { inUse, resident };
      };
      await use({ url, client, memory });
      await client.close();
    } finally {
      await kill(child);
    }
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const closers: (() => void)[] = [];
beforeEach(() => {
  closers.length = 0;
});
afterEach(() => {
  for (const close of closers) close();
});

/** A connection by hand. @param window what the server may send before anything was read */
function openSession(url: string, window: number): http2.ClientHttp2Session {
  const session = http2.connect(url, { settings: { initialWindowSize: window } });
  session.on('error', () => {});
  session.once('connect', () => session.setLocalWindowSize(Math.max(window, 65_535)));
  closers.push(() => session.destroy());
  return session;
}

/** A watch of `k`, on a stream that nobody reads yet. */
async function watchUnread(session: http2.ClientHttp2Session): Promise<http2.ClientHttp2Stream> {
  const stream = session.request({
    ':method': 'POST',
    ':path': methods.watch.path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  const value = encodeWatchCreate({ key: keyOf('k') });
  const message = requestOf(methods.watch, { requestUnion: { $case: 'createRequest', value } });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([head, message]));
  await once(stream, 'response');
  return stream;
}

/** Revisions of the events of a stream, in the order they come. */
async function* revisionsOf(stream: http2.ClientHttp2Stream): AsyncGenerator<number> {
  let rest: Buffer = Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < 5) continue;
    if (chunks.length > 1 && (chunks[0]?.length ?? 0) < 5)
      chunks.splice(0, chunks.length, Buffer.concat(chunks));
    if (size < 5 + (chunks[0]?.readUInt32BE(1) ?? 0)) continue;
    rest = Buffer.concat(chunks);
    for (; rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1); ) {
      const end = 5 + rest.readUInt32BE(1);
      for (const event of messageOf(methods.watch, rest.subarray(5, end)).events) {
        yield event.kv?.modRevision ?? 0;
      }
      rest = rest.subarray(end);
    }
    chunks.splice(0, chunks.length, rest);
    size = rest.length;
  }
}

/** Takes revisions up to and with `last`. */
async function collect(revisions: AsyncIterable<number>, last: number): Promise<readonly number[]> {
  const taken: number[] = [];
  for await (const revision of revisions) {
    taken.push(revision);
    if (revision === last) break;
  }
  return taken;
}

/** Passes bytes on to the server; what comes back waits in the sockets once it is told to. */
async function openPipe(url: string) {
  const ends: net.Socket[] = [];
  const pipe = net.createServer((near) => {
    const far = net.connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => {});
    ends.push(near, far);
    near.pipe(far);
    far.pipe(near);
  });
  pipe.listen(0, '127.0.0.1');
  await once(pipe, 'listening');
  closers.push(() => {
    for (const socket of ends) socket.destroy();
    pipe.close();
  });
  const address = pipe.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () => ends[1]?.unpipe().pause(),
    go: () => ends[0] !== undefined && ends[1]?.pipe(ends[0]),
  };
}

const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** So many writes of so many bytes, of which a watch of a client that reads tells at once; the revisions. */
async function writeAll({ client }: Server, count: number, sizeBytes: number): Promise<readonly number[]> {
  const stop = new AbortController();
  const told = client.watch({ key: keyOf('k') }, stop.signal)[Symbol.asyncIterator]();
  await told.next();
  const written: number[] = [];
  const seen: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const { revision } = await client.put({ key: keyOf('k'), value: Buffer.alloc(sizeBytes, n) });
    written.push(revision);
    while ((seen.at(-1) ?? 0) < revision) {
      const { value } = await told.next();
      if (value?.kind === 'events') for (const { kv } of value.events) seen.push(kv.modRevision);
    }
  }
  stop.abort();
  expect(seen).toEqual(written);
  return written;
}

test('a watch that nobody reads costs little while 100 MB go by, and tells all of it later', () =>
  withServer(async (server) => {
    const streams: http2.ClientHttp2Stream[] = [];
    for (let n = 0; n < 4; n += 1) streams.push(await watchUnread(openSession(server.url, 65_535)));
    const before = await server.memory();
    const written = await writeAll(server, 1_000, 100_000);
    const after = await server.memory();
    expect(after.inUse - before.inUse).toBeLessThan(40 * megabyte);
    const first = written[0] ?? 0;
    const last = written.at(-1) ?? 0;
    const told = await Promise.all(streams.slice(0, 2).map((one) => collect(revisionsOf(one), last)));
    for (const one of told) expect(one).toEqual(upTo(first, last));
  }));

test('nor does one whose connection nobody reads', () =>
  withServer(async (server) => {
    const pipe = await openPipe(server.url);
    const stream = await watchUnread(openSession(pipe.url, 2 ** 31 - 1));
    pipe.stop();
    const before = await server.memory();
    const written = await writeAll(server, 1_000, 100_000);
    const after = await server.memory();
    expect(after.inUse - before.inUse).toBeLessThan(40 * megabyte);
    pipe.go();
    const last = written.at(-1) ?? 0;
    expect(await collect(revisionsOf(stream), last)).toEqual(upTo(written[0] ?? 0, last));
  }));

test('thousands of watches on one connection that nobody reads hold no message each', () =>
  withServer(async (server) => {
    const session = openSession(server.url, 65_535);
    await Promise.all(Array.from({ length: 2_000 }, () => watchUnread(session)));
    const before = await server.memory();
    await writeAll(server, 2, megabyte);
    const after = await server.memory();
    expect(after.inUse - before.inUse).toBeLessThan(300 * megabyte);
    session.destroy();
    await writeAll(server, 2, 1);
  }));
