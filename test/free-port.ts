// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below where Linux takes ports for outgoing connections, so that none of these takes one before its user does. */
const first = 10_000;
const end = 32_000;

const given = new Set<number>();

/**
 * A port of 127.0.0.1 where nobody listens, for a program that must be told one before it starts. Never the same twice in a process;
 * drawn by chance, so that test files that run beside each other do not meet.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(first, end);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
