// SPDX-License-Identifier: Apache-2.0

import * as net from 'node:net';
import type { Bound } from './listen-udp.js';
import type { TcpAddress } from './tcp.js';

/**
 * One connection's side of the talk. Takes what came in and returns what to send back, empty as long as more must
 * come first; `end` closes the connection.
 */
export type Conversation = (chunk: Uint8Array) => Uint8Array | 'end';

export interface ListenTcpOptions {
  /** Further ones are closed at once. */
  readonly maxConnections: number;
  /** A connection that got nothing sent for so long is closed, however much it says. */
  readonly idleMs: number;
}

/** Talks on each connection. An address that cannot be had is thrown as Node's error. */
export type ListenTcp = (
  address: TcpAddress,
  options: ListenTcpOptions,
  converse: () => Conversation,
) => Promise<Bound>;

export const realListenTcp: ListenTcp = async (address, options, converse) => {
  const open = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    const say = converse();
    // Not the socket's own time limit: bytes that trickle in would put that off for ever.
    const late = setTimeout(() => socket.destroy(), options.idleMs);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(late);
      open.delete(socket);
    });
    socket.on('data', (chunk) => {
      const reply = say(chunk);
      if (reply === 'end') socket.destroy();
      if (reply === 'end' || reply.length === 0) return;
      late.refresh();
      // Whoever does not read the answers is asked no more questions.
      if (!socket.write(reply)) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    });
  });
  server.maxConnections = options.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...address, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
};
