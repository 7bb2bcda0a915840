// SPDX-License-Identifier: Apache-2.0

import * as http2 from 'node:http2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect, keyOf } from '../../src/etcd/index.js';
import { type Served, startServed } from './etcd-parts.js';

const parts: { server?: Served } = {};
const url = () => parts.server?.url ?? '';
beforeEach(async () => {
  parts.server = await startServed();
});
afterEach(() => parts.server?.close());

/** A put of 1.9 MB of which the last byte does not come; `end` is how the call ended: its status, or `gone`. */
function openUnfinished(session: http2.ClientHttp2Session) {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/etcdserverpb.KV/Put',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const seen = { status: 'gone' };
  stream.on('response', (headers) => {
    seen.status = String(headers['grpc-status'] ?? 'open');
  });
  stream.on('error', () => {});
  stream.resume();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1_900_001, 1);
  const sent = new Promise<void>((resolve) => {
    stream.write(Buffer.concat([head, Buffer.alloc(1_900_000)]), () => resolve());
  });
  const ended = new Promise<string>((resolve) => stream.once('close', () => resolve(seen.status)));
  return { stream, sent, ended };
}

it('refuses what goes beyond the memory of a connection, and goes on with that connection and others', async () => {
  const session = http2.connect(url(), { maxSessionMemory: 1000 });
  session.on('error', () => {});
  try {
    // 95 MB, of which 64 MiB may wait. Node's client would hold 10 MB by itself and reset the rest.
    const calls = Array.from({ length: 50 }, () => openUnfinished(session));
    const refused = await Promise.race(calls.map(({ ended }) => ended));
    expect(refused).toBe('8');
    const other = connect([url()]);
    expect((await other.range({ key: keyOf('nothing') })).count).toBe(0);
    await other.close();
    for (const { stream } of calls) stream.close(http2.constants.NGHTTP2_CANCEL);
    const ends = await Promise.all(calls.map(({ ended }) => ended));
    expect(ends.filter((end) => end === '8').length).toBeGreaterThan(5);
    // What they held is free again.
    const again = openUnfinished(session);
    again.stream.end(Buffer.alloc(1));
    expect(await again.ended).toBe('3');
  } finally {
    session.destroy();
  }
});
