// SPDX-License-Identifier: Apache-2.0

import * as net from 'node:net';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Carries bytes both ways between each connection to `from` and the first of `targets()` that answers, asked
 * anew for each connection. Resolves once `signal` fired and every connection is closed; throws Node's
 * error when `from` cannot be listened on. `onReady` is called once connections are accepted.
 */
export type ForwardTcp = (
  from: TcpAddress,
  targets: () => readonly TcpAddress[],
  onReady: () => void,
  signal: AbortSignal,
) => Promise<void>;

export const realForwardTcp: ForwardTcp = (from, targets, onReady, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const open = new Set<net.Socket>();
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      track(client);
      connectFirst(targets(), (target) => {
        if (target === undefined || client.destroyed) {
          target?.destroy();
          client.destroy();
          return;
        }
        track(target);
        client.pipe(target);
        target.pipe(client);
        client.once('close', () => target.destroy());
        target.once('close', () => client.destroy());
      });
    });
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
  targets: readonly TcpAddress[],
  onDone: (socket: net.Socket | undefined) => void,
): void {
  const [target, ...rest] = targets;
  if (target === undefined) return onDone(undefined);
  const socket = net.connect({ ...target, allowHalfOpen: true, noDelay: true });
  const fail = () => {
    socket.destroy();
    connectFirst(rest, onDone);
  };
  socket.setTimeout(5_000, fail);
  socket.once('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    socket.setTimeout(0);
    onDone(socket);
  });
}
