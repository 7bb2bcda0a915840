// SPDX-License-Identifier: Apache-2.0

/**
 * Who asks, from what `@hono/node-server` passes beside a request; `undefined` without a socket. Asked at every request:
 * a schema would take longer than all the rest of a small answer.
 */
export function findRemoteAddress(connection: unknown): string | undefined {
  const address = fieldOf(socketOf(connection), 'remoteAddress');
  return typeof address === 'string' ? address : undefined;
}

/**
 * Whether somebody on this very computer asks: over loopback, or from the address that was asked. Which user it is
 * cannot be told; a page in a browser, which any website may have made, is known by its origin and is none.
 */
export function isOwnCaller(request: Request, connection: unknown): boolean {
  const remote = plain(findRemoteAddress(connection));
  const local = plain(fieldOf(socketOf(connection), 'localAddress'));
  if (remote === undefined || request.headers.has('origin')) return false;
  return remote === '::1' || /^127\.\d+\.\d+\.\d+$/.test(remote) || remote === local;
}

/** IPv4 as it is written, also on a socket that takes both. */
function plain(address: unknown): string | undefined {
  return typeof address === 'string' ? address.replace(/^::ffff:/i, '') : undefined;
}

function socketOf(connection: unknown): unknown {
  return fieldOf(fieldOf(connection, 'incoming'), 'socket');
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
