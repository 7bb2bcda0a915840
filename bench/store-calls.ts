// SPDX-License-Identifier: Apache-2.0

import { median, type ResultRow } from './measure.js';
import { runH2load } from './store-h2load.js';
import { runLoad } from './store-load.js';
import { getRequest, keyCount, messagesOf, putRequest, txnRequest } from './store-messages.js';
import { type Contender, contenders, type Server, withServers } from './store-servers.js';

const calls = [
  { name: 'Put', path: '/etcdserverpb.KV/Put', make: putRequest },
  { name: 'Range of one key, linearizable', path: '/etcdserverpb.KV/Range', make: getRequest },
  { name: 'Txn: compare and put', path: '/etcdserverpb.KV/Txn', make: txnRequest },
] as const;

const shapes = [
  { connections: 1, streams: 1 },
  { connections: 1, streams: 64 },
  { connections: 1, streams: 256 },
  { connections: 64, streams: 1 },
  { connections: 256, streams: 1 },
] as const;

const rounds = 5;
const seconds = 1;

interface Sample {
  readonly perSecond: number;
  readonly ms: number;
  readonly cpuUs: number;
}

type Medians = Readonly<Record<Contender, Sample>>;

type Call = (typeof calls)[number];

/** The one a change to the store's disk shows in. */
export function measurePuts(): Promise<readonly ResultRow[]> {
  return measureCalls(
    'many keys',
    calls.filter(({ make }) => make === putRequest),
  );
}

/** Each call in each shape, five rounds in turn; `one hot key` with h2load, which knows one message only. */
export async function measureCalls(
  keys: 'many keys' | 'one hot key',
  measured: readonly Call[] = calls,
): Promise<readonly ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const call of measured) {
    // Servers anew for each call, so that none has more history to carry than the other.
    await withServers(async (servers) => {
      for (const name of contenders) await fill(servers[name]);
      for (const shape of shapes) {
        const load = { path: call.path, messages: messagesOf(call.make), ...shape, until: { seconds } };
        const run = (server: Server) => {
          const here = { ...load, port: server.port };
          return keys === 'many keys' ? runLoad(here) : runH2load(here);
        };
        rows.push(rowOf(`${call.name}, ${shapeText(shape)}`, shape, await inTurn(servers, run)));
      }
    });
  }
  return rows;
}

async function fill({ port }: Server): Promise<void> {
  const load = {
    path: '/etcdserverpb.KV/Put',
    messages: messagesOf(putRequest),
    connections: 1,
    streams: 64,
  };
  await runLoad({ port, ...load, until: { calls: keyCount } });
}

async function inTurn(
  servers: Readonly<Record<Contender, Server>>,
  run: (server: Server) => ReturnType<typeof runLoad>,
): Promise<Medians> {
  const samples: Record<Contender, Sample[]> = { muster: [], etcd: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of contenders) {
      const server = servers[name];
      const before = await server.cpuMs();
      const { perSecond, typicalMs, calls: count } = await run(server);
      const cpuUs = (((await server.cpuMs()) - before) * 1000) / count;
      samples[name].push({ perSecond, ms: typicalMs, cpuUs });
    }
  }
  return { muster: middle(samples.muster), etcd: middle(samples.etcd) };
}

function middle(samples: readonly Sample[]): Sample {
  return {
    perSecond: median(samples.map(({ perSecond }) => perSecond)),
    ms: median(samples.map(({ ms }) => ms)),
    cpuUs: median(samples.map(({ cpuUs }) => cpuUs)),
  };
}

interface Shape {
  readonly connections: number;
  readonly streams: number;
}

function shapeText({ connections, streams }: Shape): string {
  return `${connections === 1 ? '1 connection' : `${connections} connections`} x ${streams}`;
}

function rowOf(what: string, { connections, streams }: Shape, { muster, etcd }: Medians): ResultRow {
  const isLatency = connections * streams === 1;
  const text = ({ ms, perSecond, cpuUs }: Sample) =>
    `${isLatency ? `${ms.toFixed(2)} ms` : `${perSecond.toFixed(0)}/s`}, CPU ${cpuUs.toFixed(0)} us`;
  const ratio = isLatency ? muster.ms / etcd.ms : muster.perSecond / etcd.perSecond;
  const cpuRatio = muster.cpuUs / etcd.cpuUs;
  return {
    what,
    value: text(muster),
    beside: `etcd ${text(etcd)}`,
    ratio: `${ratio.toFixed(2)}x, CPU ${cpuRatio.toFixed(2)}x`,
    goal: isLatency ? 'at most 1.0x' : 'at least 1.0x',
  };
}
