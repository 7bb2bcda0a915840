// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import * as net from 'node:net';

export interface HeldName {
  release(): Promise<void>;
}

/**
 * Takes the one place there is for `folder` among all processes of this computer; `undefined` when another
 * process has it. The kernel gives it back when the process ends, however it ends, so nothing is left behind
 * that could be stale: on Linux it is a socket in the abstract name space, elsewhere a named pipe or a
 * socket file, which is replaced when nobody answers on it.
 */
export async function holdFolder(folder: string): Promise<HeldName | undefined> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32);
  if (process.platform === 'linux') return bind(`\0muster-${digest}`);
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\muster-${digest}` : `/tmp/muster-${digest}.sock`;
  const held = await bind(path);
  if (held !== undefined || process.platform === 'win32' || (await isAnswered(path))) return held;
  await import('node:fs/promises').then((fs) => fs.rm(path, { force: true }));
  return bind(path);
}

function bind(path: string): Promise<HeldName | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
