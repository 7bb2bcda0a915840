// SPDX-License-Identifier: Apache-2.0

import { setMaxListeners } from 'node:events';
import * as net from 'node:net';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export interface ForwardTarget extends TcpAddress {
  /** Connections to it are closed when this fires. */
  readonly until: AbortSignal;
}

/** Where connections go, decided by whoever forwards. */
export interface ForwardRoutes {
  /** For one new connection, in order of preference. It waits until this resolves; with none it is closed. */
  targets(): Promise<readonly ForwardTarget[]>;
  /** A target took no connection, and the next one gets its turn. */
  onRefused(target: ForwardTarget): void;
}

/**
 * Carries bytes both ways between each connection to `from` and the first of `targets()` that answers, asked
 * anew for each connection. Resolves once `signal` fired and every connection is closed; throws Node's
 * error when `from` cannot be listened on. `onReady` is called once connections are accepted.
 */
export type ForwardTcp = (
  from: TcpAddress,
  routes: ForwardRoutes,
  onReady: () => void,
  signal: AbortSignal,
) => Promise<void>;

export const realForwardTcp: ForwardTcp = (from, routes, onReady, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const open = new Set<net.Socket>();
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      track(client);
      routes.targets().then(
        (targets) => connectFirst(targets, routes, (socket, until) => join(client, socket, until)),
        () => client.destroy(),
      );
    });
    const join = (client: net.Socket, target: net.Socket | undefined, until: AbortSignal | undefined) => {
      if (target === undefined || client.destroyed || signal.aborted || until?.aborted === true) {
        target?.destroy();
        client.destroy();
        return;
      }
      track(target);
      client.pipe(target);
      target.pipe(client);
      const cut = () => target.destroy();
      // One for each connection is no leak.
      if (until !== undefined) setMaxListeners(0, until);
      until?.addEventListener('abort', cut, { once: true });
      client.once('close', cut);
      target.once('close', () => {
        until?.removeEventListener('abort', cut);
        client.destroy();
      });
    };
    const track = (socket: net.Socket) => {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => open.delete(socket));
    };
    const stop = () => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    };
    server.once('error', reject);
    server.listen(from.port, from.host, () => {
      onReady();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  });

function connectFirst(
  targets: readonly ForwardTarget[],
  routes: ForwardRoutes,
  onDone: (socket: net.Socket | undefined, until: AbortSignal | undefined) => void,
): void {
  const [target, ...rest] = targets;
  if (target === undefined) return onDone(undefined, undefined);
  const { host, port, until } = target;
  const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
  const fail = () => {
    socket.off('error', fail);
    // What comes after the time limit has nobody else to take it.
    socket.on('error', () => {});
    socket.destroy();
    routes.onRefused(target);
    connectFirst(rest, routes, onDone);
  };
  socket.setTimeout(2_000, fail);
  socket.once('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    socket.setTimeout(0);
    socket.off('timeout', fail);
    onDone(socket, until);
  });
}
