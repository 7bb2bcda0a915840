// SPDX-License-Identifier: Apache-2.0

import * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { fail } from '../errors.js';

/** For endpoints of `https:`; PEM texts. */
export interface ClientTls {
  /** Authorities to trust in place of those that Node brings. */
  readonly ca?: string;
  /** What to show when the server asks who calls; with its `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate, when it is not the host of the endpoint. */
  readonly serverName?: string;
}

/** etcd 3.4 ends a connection that pings more often than every 5 s. */
const pingEveryMs = 10_000;
const pongWithinMs = 5_000;
const windowBytes = 1024 * 1024;

/**
 * Opens an HTTP/2 connection and watches over it: one that stopped answering is destroyed, and with it every
 * call and watch on it, which would otherwise wait for ever.
 *
 * @throws `etcd/unavailable` when nobody accepts within `timeoutMs`
 */
export function openSession(
  endpoint: string,
  timeoutMs: number,
  clientTls: ClientTls = {},
): Promise<http2.ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(endpoint, clientTls);
    const session = http2.connect(endpoint, {
      createConnection: () => socket,
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    const giveUp = (reason: string, cause?: unknown) => {
      session.destroy();
      // Otherwise it goes on trying to connect, for minutes, and keeps the process as long.
      socket.destroy();
      reject(fail('etcd/unavailable', { reason: `${endpoint}: ${reason}` }, cause));
    };
    const timer = setTimeout(() => giveUp(`no connection within ${timeoutMs} ms`), timeoutMs);
    session.on('error', (error) => giveUp(reasonOf(error), error));
    session.once('close', () => {
      clearTimeout(timer);
      giveUp('the connection was closed');
    });
    session.once('connect', () => {
      // Node tells of it on a session that was given up meanwhile too.
      if (session.destroyed) return;
      clearTimeout(timer);
      session.setLocalWindowSize(4 * windowBytes);
      keepWatch(session);
      resolve(session);
    });
  });
}

/** As Node itself would: but it keeps the socket, which has to be ended by itself as long as it connects. */
function openSocket(endpoint: string, { serverName, ...certificates }: ClientTls): net.Socket {
  const { protocol, hostname, port } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return net.connect({ host, port: Number(port || 80) });
  const servername = serverName ?? (net.isIP(host) === 0 ? host : undefined);
  return tls.connect({
    host,
    port: Number(port || 443),
    ALPNProtocols: ['h2'],
    ...certificates,
    ...(servername === undefined ? {} : { servername }),
  });
}

/** What an error of Node says: an attempt at several addresses has its reasons inside. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || error.name : String(error);
}

function keepWatch(session: http2.ClientHttp2Session): void {
  const timer = setInterval(() => {
    const late = setTimeout(
      () => session.destroy(new Error('the connection stopped answering')),
      pongWithinMs,
    );
    late.unref();
    const isSent = !session.destroyed && session.ping(() => clearTimeout(late));
    if (!isSent) clearTimeout(late);
  }, pingEveryMs);
  timer.unref();
  session.once('close', () => clearInterval(timer));
}
