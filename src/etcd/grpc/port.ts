// SPDX-License-Identifier: Apache-2.0

import type * as http from 'node:http';
import type * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Listening, ListenOptions } from '../../effects/index.js';
import { greeting, readStart } from './connection-start.js';
import { type ServerTls, tlsOptions } from './server-tls.js';

/** What is served on one port: gRPC speaks HTTP/2 with prior knowledge, `curl` and old clients HTTP/1.1. */
export interface PortServers {
  readonly http2: http2.Http2Server;
  readonly http1: http.Server;
}

/** How long a connection may take to make clear what it wants. */
export interface StartWaits {
  /** One that says nothing at all, or not yet which protocol, is ended after this, however it drips. */
  readonly silentMs: number;
  /** A client that opened HTTP/2 and asks for nothing yet is handed on after this. */
  readonly startMs: number;
}

const usualWaits: StartWaits = { silentMs: 15_000, startMs: 5_000 };
/** So is one that has sent this much and still no request. */
const startBytes = 64 * 1024;

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/** Listens on one port for both, with TLS if it is given. A taken port is thrown as Node's error. */
export async function listenPort(
  servers: PortServers,
  options: ListenOptions,
  ownTls: ServerTls | undefined,
  waits: StartWaits = usualWaits,
): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  const server =
    ownTls === undefined
      ? net.createServer(socketOptions)
      : tls.createServer({ ...socketOptions, ...tlsOptions(ownTls) });
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  // With TLS, a connection is of use only after the handshake; those that fail it are ended by Node.
  server.on(ownTls === undefined ? 'connection' : 'secureConnection', (socket: net.Socket) => {
    socket.on('error', () => socket.destroy());
    routeByFirstBytes(socket, servers, waits);
  });
  server.on('tlsClientError', (_error: Error, socket: net.Socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `${ownTls === undefined ? 'http' : 'https'}://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Reads until it is clear who is to serve the connection, and gives back what was read. */
function routeByFirstBytes(socket: net.Socket, servers: PortServers, waits: StartWaits): void {
  const state: { seen: Buffer; isGreeted: boolean } = { seen: Buffer.alloc(0), isGreeted: false };
  const look = (isLate: boolean) => {
    const start = readStart(state.seen, state.isGreeted, isLate);
    if (start.kind === 'greet') {
      state.isGreeted = true;
      socket.write(greeting);
    } else if (start.kind !== 'unknown') {
      socket.off('data', take);
      socket.off('timeout', giveUp);
      socket.setTimeout(0);
      clearTimeout(deadline);
      socket.pause();
      handOver(socket, servers, start.kind === 'http2' ? start.bytes : state.seen, start.kind);
    } else if (isLate) socket.destroy();
  };
  const take = (chunk: Buffer) => {
    state.seen = state.seen.length === 0 ? chunk : Buffer.concat([state.seen, chunk]);
    socket.setTimeout(waits.startMs);
    look(state.seen.length > startBytes);
  };
  const giveUp = () => look(true);
  // The other timer begins anew with each byte.
  const deadline = setTimeout(giveUp, waits.silentMs);
  socket.once('close', () => clearTimeout(deadline));
  socket.setTimeout(waits.silentMs, giveUp);
  socket.on('data', take);
}

function handOver(socket: net.Socket, servers: PortServers, bytes: Buffer, kind: 'http1' | 'http2'): void {
  socket.unshift(bytes);
  servers[kind].emit('connection', socket);
  // The HTTP/1.1 parser waits for the socket to flow; HTTP/2 takes what was read by itself.
  if (kind === 'http1') socket.resume();
}
