// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../test/free-port.js';
import { environment, program } from './measure.js';
import { runLoad } from './store-load.js';
import { getRequest } from './store-messages.js';

export const contenders = ['muster', 'etcd'] as const;
export type Contender = (typeof contenders)[number];

/** Where scripts/packages.mjs unpacks the programs of Debian 13. */
const etcdFolder = process.env.MUSTER_ETCD_35 ?? resolve('.cache/debian13/usr/bin');
export const etcdctl = join(etcdFolder, 'etcdctl');

/** One server on its folder; it may be stopped and started again. */
export interface Server {
  readonly port: number;
  readonly url: string;
  /** Of the process, user and system, all threads. */
  cpuMs(): Promise<number>;
  /** Resident. */
  memoryMiB(): Promise<number>;
  diskMiB(): Promise<number>;
  stop(): Promise<void>;
  /** Resolves with the time from the start of the process to its first answer to a linearizable range. */
  restart(): Promise<number>;
}

/** Runs `work` with both servers up, each on a fresh folder; leaves nothing behind. */
export async function withServers<T>(
  work: (servers: Readonly<Record<Contender, Server>>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const opened: Server[] = [];
  const open = async (name: Contender) => {
    const server = await openServer(name, join(folder, name));
    opened.push(server);
    await server.restart();
    return server;
  };
  try {
    return await work({ muster: await open('muster'), etcd: await open('etcd') });
  } finally {
    await Promise.all(opened.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function openServer(name: Contender, folder: string): Promise<Server> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const [command, ...args] = commandOf(name, folder, port, peerPort);
  const running: { child: ChildProcess | undefined } = { child: undefined };
  const proc = (file: string) => readFile(`/proc/${running.child?.pid}/${file}`, 'utf8');
  const stop = async () => {
    const { child } = running;
    running.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    cpuMs: async () => cpuMsIn(await proc('stat')),
    memoryMiB: async () => Number(/^VmRSS:\s+(\d+)/m.exec(await proc('status'))?.[1]) / 1024,
    diskMiB: async () => (await sizeOf(folder)) / 2 ** 20,
    stop,
    async restart() {
      await stop();
      const start = performance.now();
      const child = spawn(command, args, { env: environment(), stdio: 'ignore' });
      running.child = child;
      while (!(await answers(port))) {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
        await sleep(5);
      }
      return performance.now() - start;
    },
  };
}

const quota = String(8 * 2 ** 30);

function commandOf(name: Contender, folder: string, port: number, peerPort: number): [string, ...string[]] {
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const common = ['--data-dir', folder, '--listen-client-urls', url, '--advertise-client-urls', url];
  const limits = ['--quota-backend-bytes', quota];
  if (name === 'muster') return [program, 'store', 'serve', ...common, ...limits];
  const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer];
  const cluster = ['--name', 'one', '--initial-cluster', `one=${peer}`, '--log-level', 'error'];
  return [join(etcdFolder, 'etcd'), ...common, ...limits, ...peers, ...cluster];
}

async function answers(port: number): Promise<boolean> {
  const load = { port, path: '/etcdserverpb.KV/Range', connections: 1, streams: 1, until: { calls: 1 } };
  return runLoad({ ...load, messages: [getRequest('none')] }).then(
    () => true,
    () => false,
  );
}

/** Linux counts in hundredths of a second. */
function cpuMsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** What the files take, holes not counted. */
async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path);
  if (!facts.isDirectory()) return facts.blocks * 512;
  const inside = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return inside.reduce((sum, size) => sum + size, 0);
}
