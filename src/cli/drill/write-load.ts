// SPDX-License-Identifier: Apache-2.0

import { randomHex, realClock, realRandom } from '../../effects/index.js';
import { type EtcdClient, keyOf, textOf } from '../../etcd/index.js';
import { countLost, isFitting, type KeyHistory, type Read } from './history.js';

export interface LoadReport {
  readonly acknowledged: number;
  /** Writes whose outcome nobody knows: sent, and not answered. */
  readonly unknown: number;
  readonly reads: number;
  /** Reads that went back behind an acknowledged write, or saw what was never written. */
  readonly wrongReads: number;
  readonly lostWrites: number;
}

export interface WriteLoad {
  /** Ends it, and looks whether all that was acknowledged is there. */
  finish(): Promise<LoadReport>;
}

const writers = 4;
const pauseMs = 5;

/**
 * Writes and reads through all members at random, as clients do, until it is finished. Each writer has a key of its own
 * and counts up in it, so that what was lost can be told from the numbers.
 *
 * @param clients one for each member
 */
export function startLoad(clients: readonly EtcdClient[]): WriteLoad {
  const prefix = `/muster-drill/${randomHex(realRandom, 8)}/`;
  const histories = new Map<string, KeyHistory>();
  const reads: Read[] = [];
  const ended = new AbortController();
  const any = () => pick(clients);

  const write = async (key: string, history: KeyHistory) => {
    const number = history.sent + 1;
    // Whatever becomes of a write that was not answered, the next number is another.
    history.sent = number;
    const done = await any()
      .put({ key: keyOf(key), value: keyOf(String(number)) })
      .then(() => true)
      .catch(() => false);
    if (done) history.acknowledged = number;
  };

  const read = async (key: string, history: KeyHistory) => {
    const atLeast = history.acknowledged;
    const found = await findNumber(any(), key).catch(() => undefined);
    if (found !== undefined) reads.push({ key, atLeast, atMost: history.sent, found });
  };

  const runs = Array.from({ length: writers }, async (_, index) => {
    const key = `${prefix}${index}`;
    const history: KeyHistory = { acknowledged: 0, sent: 0 };
    histories.set(key, history);
    const reading = repeat(ended.signal, () => read(key, history));
    await repeat(ended.signal, () => write(key, history));
    await reading;
  });

  return {
    async finish() {
      ended.abort();
      await Promise.all(runs);
      const found = new Map<string, number>();
      for (const key of histories.keys()) found.set(key, await findAtLast(clients, key));
      await removeAll(clients, prefix);
      const all = [...histories.values()];
      return {
        acknowledged: all.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
        unknown: all.reduce((sum, { acknowledged, sent }) => sum + sent - acknowledged, 0),
        reads: reads.length,
        wrongReads: reads.filter((one) => !isFitting(one)).length,
        lostWrites: countLost(histories, found),
      };
    },
  };
}

async function repeat(until: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!until.aborted) {
    await work();
    await realClock.sleep(pauseMs, until);
  }
}

function pick<T>(items: readonly T[]): T {
  const item = items[(realRandom.bytes(1)[0] ?? 0) % items.length];
  if (item === undefined) throw new Error('no member to pick');
  return item;
}

async function findNumber(client: EtcdClient, key: string): Promise<number> {
  const { kvs } = await client.range({ key: keyOf(key) });
  return kvs[0] === undefined ? 0 : Number(textOf(kvs[0].value));
}

/** From the first member that answers. @throws what the last of them throws */
async function findAtLast(clients: readonly EtcdClient[], key: string): Promise<number> {
  return Promise.any(clients.map((client) => findNumber(client, key)));
}

async function removeAll(clients: readonly EtcdClient[], prefix: string): Promise<void> {
  const range = { key: keyOf(prefix), rangeEnd: keyOf(`${prefix.slice(0, -1)}0`) };
  await Promise.any(clients.map((client) => client.deleteRange(range)));
}
