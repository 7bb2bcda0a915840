// SPDX-License-Identifier: Apache-2.0

import { close, open } from 'node:fs';
import * as net from 'node:net';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** An open conversation in lines of text. */
export interface LineSocket {
  /** Writes one line; its end is added. Nothing happens once it is closed. */
  send(line: string): void;
  /** Lines as they come; ends when the other side closes, or this one does. May be read once. */
  readonly lines: AsyncIterable<string>;
  close(): void;
}

/** Connects to a Unix socket. A path that nobody listens at is thrown as Node's error. */
export type DialUnix = (path: string) => Promise<LineSocket>;

/** What the kernel takes as the path of a socket; a byte less, for its zero. */
const maxPathBytes = 107;

export const realDialUnix: DialUnix = async (path) => {
  const isLong = Buffer.byteLength(path) > maxPathBytes;
  // A long path is cut short through the folder, held open for as long as connecting takes.
  const folder = isLong ? await promisify(open)(dirname(path), 'r') : undefined;
  try {
    const short = folder === undefined ? path : `/proc/self/fd/${folder}/${basename(path)}`;
    return talk(await connected(net.connect(short)));
  } finally {
    if (folder !== undefined) await promisify(close)(folder);
  }
};

function connected(socket: net.Socket): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // From here on an error is an end.
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}

function talk(socket: net.Socket): LineSocket {
  return {
    send(line) {
      if (socket.writable) socket.write(`${line}\n`);
    },
    lines: createInterface({ input: socket }),
    close: () => socket.destroy(),
  };
}
