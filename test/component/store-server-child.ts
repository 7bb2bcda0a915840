// SPDX-License-Identifier: Apache-2.0

/**
 * Run by tests as a process of its own: serves a store in the folder of its first argument and says its URL. For each
 * line on stdin it says what it holds in memory once everything that nobody holds is collected: `<bytes in use> <rss>`.
 */
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { openStore } from '../../src/store/index.js';

const [, , folder = ''] = process.argv;
const say = (line: string) => process.stdout.write(`${line}\n`);

const store = await openStore({ clock: realClock, random: realRandom, log: silentLog }, { folder });
say((await store.serve({ host: '127.0.0.1', port: 0 })).url);

for await (const _ of createInterface({ input: process.stdin })) {
  // Buffers of node's own code are only let go of a turn after they were collected.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await setTimeout(10);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  say(`${heapUsed + external} ${rss}`);
}
