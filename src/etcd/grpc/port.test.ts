// SPDX-License-Identifier: Apache-2.0

import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { expect, test } from 'vitest';
import { listenPort } from './port.js';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Sends the pieces one after the other, a while apart and again from the start, until the server ends it. */
async function untilDropped(pieces: readonly string[], waits: { silentMs: number; startMs: number }) {
  const listening = await listenPort(
    { http1: http.createServer(), http2: http2.createServer() },
    { host: '127.0.0.1', port: 0 },
    undefined,
    waits,
  );
  const socket = net.connect(Number(new URL(listening.url).port), '127.0.0.1');
  socket.on('error', () => {}).resume();
  const left = [...pieces];
  const dripping = setInterval(() => {
    const piece = left.shift();
    if (piece !== undefined) socket.write(piece);
  }, waits.startMs / 4);
  try {
    return await new Promise((resolve) => socket.once('close', () => resolve('dropped')));
  } finally {
    clearInterval(dripping);
    socket.destroy();
    await listening.close();
  }
}

// No time is measured: a connection that is never dropped lets the test run into its limit.
test.each([
  ['nothing', [], { silentMs: 30, startMs: 60_000 }],
  ['half a preface', [preface.slice(0, 9)], { silentMs: 60_000, startMs: 30 }],
  // Each byte comes in time, all of them would take 24 times as long.
  ['a preface byte by byte', [...preface], { silentMs: 60, startMs: 40 }],
] as const)('drops a connection that sends %s', { timeout: 10_000 }, async (_, pieces, waits) => {
  expect(await untilDropped(pieces, waits)).toBe('dropped');
});
