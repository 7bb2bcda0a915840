// SPDX-License-Identifier: Apache-2.0

import { randomHex, realClock, realRandom } from '../../effects/index.js';
import { type EtcdClient, keyOf, prefixRange, textOf } from '../../etcd/index.js';
import { fail } from '../errors.js';
import { countLost, openHistory, type Read, type WriterHistory } from './history.js';

export interface LoadReport {
  readonly acknowledged: number;
  /** Writes whose outcome nobody knows: sent, and not answered. */
  readonly unknown: number;
  readonly reads: number;
  /** Reads that did not find what was acknowledged before they began. */
  readonly wrongReads: number;
  readonly lostWrites: number;
}

export interface WriteLoad {
  /** Ends it, and looks whether all that was acknowledged is there. */
  finish(): Promise<LoadReport>;
}

const pauseMs = 5;

/**
 * Writes and reads until it is finished, at each member side by side, so that one who does not answer holds up nobody
 * else. Each write has a key of its own; what is read is the last that was acknowledged to somebody, be it at the other
 * side of a partition.
 *
 * @param clients one for each member
 */
export function startLoad(clients: readonly EtcdClient[]): WriteLoad {
  const prefix = `/muster-drill/${randomHex(realRandom, 8)}/`;
  const parts = clients.map((client, writer) => ({ client, writer, history: openHistory() }));
  const histories = parts.map(({ history }) => history);
  const reads: Read[] = [];
  const ended = new AbortController();
  const keyAt = (writer: number, number: number) => keyOf(`${prefix}${writer}/${number}`);

  const write = async (client: EtcdClient, writer: number, history: WriterHistory) => {
    history.sent += 1;
    const number = history.sent;
    const isDone = await client
      .put({ key: keyAt(writer, number), value: keyOf(String(number)) })
      .then(() => true)
      .catch(() => false);
    if (isDone) history.acknowledged.push(number);
  };

  const read = async (client: EtcdClient) => {
    const writer = (realRandom.bytes(1)[0] ?? 0) % histories.length;
    const last = histories[writer]?.acknowledged.at(-1);
    if (last === undefined) return;
    const found = await client.range({ key: keyAt(writer, last), countOnly: true }).catch(() => undefined);
    if (found !== undefined) reads.push({ isFound: found.count > 0 });
  };

  const runs = parts.flatMap(({ client, writer, history }) => [
    repeat(ended.signal, () => write(client, writer, history)),
    repeat(ended.signal, () => read(client)),
  ]);

  return {
    async finish() {
      ended.abort();
      await Promise.all(runs);
      const found = await Promise.all(
        histories.map((_, writer) => findNumbers(clients, `${prefix}${writer}/`)),
      ).catch((error: unknown) => {
        throw fail('cli/drill-unreadable', { why: whyOf(error) }, error);
      });
      // What stays behind when nobody takes this harms nobody.
      await Promise.any(clients.map((client) => client.deleteRange(prefixRange(prefix)))).catch(() => {});
      const count = histories.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
      return {
        acknowledged: count,
        unknown: histories.reduce((sum, { sent }) => sum + sent, 0) - count,
        reads: reads.length,
        wrongReads: reads.filter(({ isFound }) => !isFound).length,
        lostWrites: countLost(histories, found),
      };
    },
  };
}

/** Of one writer, from the first member that answers with a quorum. */
async function findNumbers(clients: readonly EtcdClient[], prefix: string): Promise<ReadonlySet<number>> {
  const range = { ...prefixRange(prefix), keysOnly: true };
  const { kvs } = await Promise.any(clients.map((client) => client.range(range)));
  return new Set(kvs.map(({ key }) => Number(textOf(key).slice(prefix.length))));
}

function whyOf(error: unknown): string {
  const [first]: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}

async function repeat(until: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!until.aborted) {
    await work();
    await realClock.sleep(pauseMs, until);
  }
}
