// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import * as net from 'node:net';

/** One kept connection that asks and reads with as little work as can be: the load must not be what is measured. */
export interface Wire {
  /** The answer's body. @throws unless its status is the one wanted */
  ask(head: string, body: string, status: number): Promise<string>;
  /** Sends a long poll; resolves with its head. */
  poll(head: string): Promise<string>;
  /** Resolves with the body of the poll that was sent. @throws when the connection is closed, as all of these do */
  told(): Promise<string>;
  close(): void;
}

interface Answer {
  readonly head: string;
  readonly body: string;
}

export async function openWire(port: number, host = '127.0.0.1'): Promise<Wire> {
  const socket = net.connect({ port, host });
  await once(socket, 'connect');
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  const state = { text: '', look: () => {}, isClosed: false, fail: (_error: Error) => {} };
  socket.on('data', (chunk: string) => {
    state.text += chunk;
    state.look();
  });
  const closed = () => new Error(`the server on port ${port} closed a connection`);
  socket.on('error', () => {});
  socket.on('close', () => {
    state.isClosed = true;
    state.fail(closed());
  });
  const next = <T>(find: (text: string) => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      state.fail = reject;
      if (state.isClosed) reject(closed());
      state.look = () => {
        const found = find(state.text);
        if (found === undefined) return;
        state.look = () => {};
        resolve(found);
      };
      state.look();
    });
  const answer = () => next((text) => wholeAnswer(text));
  return {
    async ask(head, body, status) {
      state.text = '';
      socket.write(`${head}\r\nHost: d\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const found = await answer();
      if (!found.head.startsWith(`HTTP/1.1 ${status}`))
        throw new Error(`${head}: ${found.head}${found.body}`);
      return found.body;
    },
    async poll(head) {
      state.text = '';
      socket.write(`${head}\r\nHost: d\r\n\r\n`);
      return next((text) => (text.includes('\r\n\r\n') ? text : undefined));
    },
    async told() {
      return next((text) => (text.endsWith('\r\n0\r\n\r\n') ? text : undefined));
    },
    close: () => socket.destroy(),
  };
}

function wholeAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  const body = text.slice(end + 4);
  return length !== undefined && body.length >= Number(length) ? { head, body } : undefined;
}
