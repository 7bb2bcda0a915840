// SPDX-License-Identifier: Apache-2.0

/**
 * Who asks, from what `@hono/node-server` passes beside a request; `undefined` without a socket. Asked at every request:
 * a schema would take longer than all the rest of a small answer.
 */
export function findRemoteAddress(env: unknown): string | undefined {
  const address = fieldOf(fieldOf(fieldOf(env, 'incoming'), 'socket'), 'remoteAddress');
  return typeof address === 'string' ? address : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
