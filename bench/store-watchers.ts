// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame } from '../src/etcd/grpc/frame.js';
import { frameOf, frameType, headBytes, headersOf, openingOf, readFrameHead } from './store-frames.js';

/** Watches of one key, each on a stream of its own. */
export interface Watchers {
  /** Resolves when so many events arrived in all since the last call. */
  events(count: number): Promise<void>;
  close(): void;
}

/** @param create a WatchRequest; resolves when all are created */
export async function openWatchers(
  port: number,
  create: Uint8Array,
  connections: number,
  streams: number,
): Promise<Watchers> {
  const tally = { count: 0, wanted: 0, reach: () => {} };
  const arrived = (count: number) => {
    tally.count += count;
    if (tally.count >= tally.wanted) tally.reach();
  };
  const events = (count: number) =>
    new Promise<void>((resolve) => {
      tally.wanted = count;
      tally.reach = () => {
        tally.count -= count;
        tally.wanted = Number.POSITIVE_INFINITY;
        resolve();
      };
      arrived(0);
    });
  // The answer to each creation counts as one event.
  const created = events(connections * streams);
  const sockets = await Promise.all(
    Array.from({ length: connections }, () => openOne(port, create, streams, arrived)),
  );
  await created;
  return { events, close: () => sockets.map((socket) => socket.destroy()) };
}

async function openOne(
  port: number,
  create: Uint8Array,
  streams: number,
  arrived: (count: number) => void,
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const held = { rest: Buffer.alloc(0) as Buffer };
  socket.on('data', (chunk: Buffer) => {
    held.rest = take(socket, held.rest.length === 0 ? chunk : Buffer.concat([held.rest, chunk]), arrived);
  });
  socket.write(openingOf());
  for (let index = 0; index < streams; index += 1) {
    const stream = 2 * index + 1;
    const headers = headersOf('/etcdserverpb.Watch/Watch', `127.0.0.1:${port}`, index === 0);
    socket.write(frameOf(frameType.headers, 4, stream, headers));
    socket.write(frameOf(frameType.data, 0, stream, encodeFrame(create)));
  }
  return socket;
}

/** Returns what is not a whole frame yet. */
function take(socket: Socket, bytes: Buffer, arrived: (count: number) => void): Buffer {
  let at = 0;
  let count = 0;
  while (at + headBytes <= bytes.length) {
    const { type, length, isLast } = readFrameHead(bytes, at);
    const end = at + headBytes + length;
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + headBytes, end);
    if (type === frameType.data && length > 0) count += eventsIn(payload);
    if (type === frameType.settings && !isLast)
      socket.write(frameOf(frameType.settings, 1, 0, new Uint8Array(0)));
    if (type === frameType.ping && !isLast) socket.write(frameOf(frameType.ping, 1, 0, payload));
    at = end;
  }
  if (count > 0) arrived(count);
  return bytes.subarray(at);
}

const eventsTag = 90;
const createdTag = 24;

/** Counts the fields of the WatchResponses in one DATA frame, which holds them whole: they are small. */
function eventsIn(payload: Buffer): number {
  let count = 0;
  let at = 5;
  let end = at + payload.readUInt32BE(1);
  while (at < payload.length) {
    const tag = payload[at] ?? 0;
    if (tag === eventsTag || tag === createdTag) count += 1;
    const [value, next] = varint(payload, at + 1);
    at = (tag & 7) === 2 ? next + value : next;
    if (at < end) continue;
    at = end + 5;
    if (at < payload.length) end = at + payload.readUInt32BE(end + 1);
  }
  return count;
}

function varint(bytes: Buffer, from: number): [number, number] {
  let value = 0;
  for (let at = from; ; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return [value, at + 1];
  }
}
