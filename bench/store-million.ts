// SPDX-License-Identifier: Apache-2.0

import { median, type ResultRow } from './measure.js';
import { runLoad } from './store-load.js';
import { fillRequest } from './store-messages.js';
import { type Contender, contenders, type Server, withServers } from './store-servers.js';

const keys = 1_000_000;
const keysInTxn = 100;
const txnsInBatch = 1000;
const starts = 3;

interface Facts {
  readonly loadSeconds: number;
  readonly loadedMiB: number;
  readonly diskMiB: number;
  readonly startMs: number;
  readonly startedMiB: number;
}

/** What a store of a million keys takes: memory, disk, and the time from the start of the process to an answer. */
export async function measureMillion(): Promise<readonly ResultRow[]> {
  return withServers(async (servers) => {
    const facts: Record<Contender, Facts | undefined> = { muster: undefined, etcd: undefined };
    for (const name of contenders) facts[name] = await measure(servers[name]);
    const { muster, etcd } = facts;
    if (muster === undefined || etcd === undefined) return [];
    const row = (what: string, of: (facts: Facts) => number, unit: string): ResultRow => ({
      what,
      value: `${of(muster).toFixed(0)} ${unit}`,
      beside: `etcd ${of(etcd).toFixed(0)} ${unit}`,
      ratio: `${(of(muster) / of(etcd)).toFixed(2)}x`,
      goal: '',
    });
    return [
      row('loading them, 100 in a txn, 8 in flight', ({ loadSeconds }) => loadSeconds, 's'),
      row('resident memory after loading', ({ loadedMiB }) => loadedMiB, 'MiB'),
      row('size on disk', ({ diskMiB }) => diskMiB, 'MiB'),
      row('start to first answer, median of 3', ({ startMs }) => startMs, 'ms'),
      row('resident memory after the start', ({ startedMiB }) => startedMiB, 'MiB'),
    ];
  });
}

async function measure(server: Server): Promise<Facts> {
  const start = performance.now();
  for (let first = 0; first < keys; first += keysInTxn * txnsInBatch) await loadBatch(server, first);
  const loadSeconds = (performance.now() - start) / 1000;
  const loadedMiB = await server.memoryMiB();
  const startTimes: number[] = [];
  for (let count = 0; count < starts; count += 1) startTimes.push(await server.restart());
  const startedMiB = await server.memoryMiB();
  const diskMiB = await server.diskMiB();
  await server.stop();
  return { loadSeconds, loadedMiB, diskMiB, startMs: median(startTimes), startedMiB };
}

async function loadBatch({ port }: Server, first: number): Promise<void> {
  const messages = Array.from({ length: txnsInBatch }, (_, index) =>
    fillRequest(first + index * keysInTxn, keysInTxn),
  );
  const load = { path: '/etcdserverpb.KV/Txn', messages, connections: 1, streams: 8 };
  await runLoad({ port, ...load, until: { calls: txnsInBatch } });
}
