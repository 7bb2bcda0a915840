// SPDX-License-Identifier: Apache-2.0

import { interleave, median, type ResultRow } from './measure.js';
import { runLoad } from './store-load.js';
import { keyCount, keyOf, listRequest, messagesOf, putRequest, watchRequest } from './store-messages.js';
import { type Server, withServers } from './store-servers.js';
import { openWatchers } from './store-watchers.js';

const rounds = 5;
const connections = 10;
const watchers = 1000;
const put = { path: '/etcdserverpb.KV/Put', messages: [putRequest(keyOf(0))], connections: 1 };
const list = { path: '/etcdserverpb.KV/Range', messages: [listRequest(keyOf(1000), 1000)], connections: 1 };

/** A write told to a thousand watchers, and a range of a thousand keys. */
export async function measureFanOut(): Promise<readonly ResultRow[]> {
  return withServers(async ({ muster, etcd }) => {
    for (const { port } of [muster, etcd]) {
      await runLoad({
        ...put,
        port,
        messages: messagesOf(putRequest),
        streams: 64,
        until: { calls: keyCount },
      });
    }
    const oneMs = await medians({ muster: () => told(muster, 1), etcd: () => told(etcd, 1) });
    const manyMs = await medians({ muster: () => told(muster, 50), etcd: () => told(etcd, 50) });
    const one = await medians({ muster: () => listed(muster, 1), etcd: () => listed(etcd, 1) });
    const many = await medians({ muster: () => listed(muster, 16), etcd: () => listed(etcd, 16) });
    const perSecond = (ms: number) => (watchers * 50 * 1000) / ms;
    return [
      row('one put until 1,000 watchers have it', oneMs, (ms) => `${ms.toFixed(1)} ms`, 'at most 1.0x'),
      row(
        '50 puts to 1,000 watchers, 8 in flight',
        { muster: perSecond(manyMs.muster), etcd: perSecond(manyMs.etcd) },
        (value) => `${value.toFixed(0)} events/s`,
        'at least 1.0x',
      ),
      row(
        'range of 1,000 keys, 1 in flight',
        { muster: 1000 / one.muster, etcd: 1000 / one.etcd },
        (ms) => `${ms.toFixed(2)} ms`,
        'at most 1.0x',
      ),
      row('range of 1,000 keys, 16 in flight', many, (value) => `${value.toFixed(0)}/s`, 'at least 1.0x'),
    ];
  });
}

interface Pair {
  readonly muster: number;
  readonly etcd: number;
}

async function medians(run: Readonly<Record<keyof Pair, () => Promise<number>>>): Promise<Pair> {
  const samples = await interleave(rounds, run);
  return { muster: median(samples.muster ?? []), etcd: median(samples.etcd ?? []) };
}

/** Milliseconds from the first put until every watcher has heard of all. */
async function told({ port }: Server, puts: number): Promise<number> {
  const watching = await openWatchers(port, watchRequest(keyOf(0)), connections, watchers / connections);
  try {
    const all = watching.events(puts * watchers);
    const start = performance.now();
    await runLoad({ ...put, port, streams: Math.min(8, puts), until: { calls: puts } });
    await all;
    return performance.now() - start;
  } finally {
    watching.close();
  }
}

/** Answers a second. */
async function listed({ port }: Server, streams: number): Promise<number> {
  return (await runLoad({ ...list, port, streams, until: { seconds: 1 } })).perSecond;
}

function row(what: string, pair: Pair, text: (value: number) => string, goal: string): ResultRow {
  const ratio = `${(pair.muster / pair.etcd).toFixed(2)}x`;
  return { what, value: text(pair.muster), beside: `etcd ${text(pair.etcd)}`, ratio, goal };
}
