// SPDX-License-Identifier: Apache-2.0

import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { bootHandler } from '../../src/boot/index.js';
import { bootMachine, bootPlan } from '../../src/boot/testing.js';
import { listen, realOpenFile, silentLog } from '../../src/effects/index.js';

const count = 2_000;

/** Opens all its connections while the server does nothing, then says what came back. */
const machinesAtOnce = `
  const net = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const { port, count, shared } = workerData;
  const connected = new Int32Array(shared);
  const outcomes = {};
  let open = count;
  const end = (outcome) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    open -= 1;
    if (open === 0) parentPort.postMessage(outcomes);
  };
  for (let index = 1; index <= count; index += 1) {
    const mac = '52-54-00-00-' + (index >> 8).toString(16).padStart(2, '0') + '-' + (index & 255).toString(16).padStart(2, '0');
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write('GET /ipxe?mac=' + mac + ' HTTP/1.1\\r\\nhost: h\\r\\nconnection: close\\r\\n\\r\\n');
      Atomics.add(connected, 0, 1);
      Atomics.notify(connected, 0);
    });
    let text = '';
    socket.on('data', (chunk) => { text += chunk; });
    socket.on('error', (error) => { text = error.code; });
    socket.on('close', () => end(text.startsWith('HTTP/1.1 200') ? 'answered' : text.slice(0, 40)));
  }
`;

test('machines that all ask while the server is busy with something else are all answered', async () => {
  const handler = bootHandler({
    plan: () => bootPlan([bootMachine(1)]),
    onStage: () => {},
    openFile: realOpenFile,
    log: silentLog,
  });
  const face = await listen(handler, { host: '127.0.0.1', port: 0 });
  const shared = new SharedArrayBuffer(4);
  const workerData = { port: Number(new URL(face.url).port), count, shared };
  const worker = new Worker(machinesAtOnce, { eval: true, workerData });
  try {
    const outcomes = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await new Promise((resolve) => worker.once('online', resolve));
    // This thread is the server: it stands still until every connection is there, or for so long that some never come.
    const connected = new Int32Array(shared);
    for (let now = 0; now < count; now = Atomics.load(connected, 0)) {
      if (Atomics.wait(connected, 0, now, 5_000) === 'timed-out') break;
    }
    expect(Atomics.load(connected, 0)).toBe(count);
    expect(await outcomes).toEqual({ answered: count });
  } finally {
    await worker.terminate();
    await face.close();
  }
}, 60_000);
