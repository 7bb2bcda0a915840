// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { OrderAt } from '../../src/bootstrap/member/member-process.js';
import { runMember } from '../../src/bootstrap/member/run-member.js';
import { readVersion } from '../../src/bootstrap/member/version.js';
import { realClock, realExec, realFiles, realRandom, silentLog } from '../../src/effects/index.js';
import type { MemberOrder, MemberReport } from '../../src/model/index.js';
import { type EtcdVersion, findProgram } from '../conformance/real-etcd.js';

const run = promisify(execFile);

/** One machine with its runner; the test is its engine. */
export interface TestMember {
  readonly name: string;
  readonly address: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly dataDir: string;
  readonly logFile: string;
  /** What its runner slept, in milliseconds: the pauses before it starts etcd again are among it. */
  readonly sleeps: readonly number[];
  /** All that it told. */
  readonly reports: readonly MemberReport[];
  last(): MemberReport;
  /** Resolves with the first report from now on, the last one included, that fits. */
  until(what: string, isWanted: (report: MemberReport) => boolean): Promise<MemberReport>;
  /** Puts an order and returns its revision. */
  order(order: MemberOrder): number;
  /** Nonce of the empty disk that it told last. */
  nonce(): string;
  /** Member ID of the data that it told last. */
  memberId(): string;
  clusterId(): string;
  pids(): Promise<readonly number[]>;
  /** Empties the disk behind the runner's back, which is stopped and comes again. */
  loseDisk(): Promise<void>;
  /** As when the agent is stopped; may be called again. */
  stop(isHasty?: boolean): Promise<void>;
  /** The same machine with a new agent, and another unit if one is given. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
}

export interface TestCluster {
  readonly version: EtcdVersion;
  /** @param onReport hears each report at once */
  member(
    environment?: Readonly<Record<string, string>>,
    onReport?: (report: MemberReport, machine: { readonly name: string }) => void,
  ): Promise<TestMember>;
  etcdctl(member: TestMember, ...args: readonly string[]): Promise<string>;
  /** Stops all and leaves nothing behind. */
  close(): Promise<void>;
}

/** Makes `member-child.ts` runnable; returns the file to give to node. */
export async function bundleMemberChild(): Promise<string> {
  const here = import.meta.dirname;
  // Inside the checkout, so that the packages are found from there.
  const outfile = join(here, '../../node_modules/.cache/muster-tests/member-child.mjs');
  await build({
    entryPoints: [join(here, 'member-child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
  });
  return outfile;
}

const counter = { machine: 0 };

/** Orders as a record that is watched: who comes later hears the newest only. */
function openOrders() {
  const orders: { latest: OrderAt | undefined; revision: number; wake: (() => void) | undefined } = {
    latest: undefined,
    revision: 0,
    wake: undefined,
  };
  return {
    put(order: MemberOrder): number {
      orders.revision += 1;
      orders.latest = { order, revision: orders.revision };
      orders.wake?.();
      return orders.revision;
    },
    async *watch(): AsyncGenerator<OrderAt> {
      let seen = 0;
      for (;;) {
        const { latest } = orders;
        if (latest !== undefined && latest.revision > seen) {
          seen = latest.revision;
          yield latest;
        } else {
          await new Promise<void>((resolve) => {
            orders.wake = resolve;
          });
        }
      }
    },
  };
}

/** Machines with addresses of their own below 127.78 or 127.79, by version. */
export async function openTestCluster(version: EtcdVersion): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-member-'));
  const members: TestMember[] = [];
  const program = findProgram('etcd', version) ?? '';
  const tool = findProgram(version === '3.4' ? 'etcdctl' : 'etcdutl', version) ?? '';
  const ctl = findProgram('etcdctl', version) ?? '';

  const member: TestCluster['member'] = async (given = {}, onReport = () => {}) => {
    let environment = given;
    counter.machine += 1;
    const name = `m${counter.machine}`;
    const address = `127.${version === '3.4' ? 78 : 79}.${process.pid % 250}.${counter.machine}`;
    const dataDir = join(folder, name, 'data');
    const logFile = join(folder, `${name}.log`);
    const orders = openOrders();
    const reports: MemberReport[] = [];
    const sleeps: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal) => {
      sleeps.push(ms);
      return realClock.sleep(ms, signal);
    };
    const waiters = new Set<() => void>();
    let stopping = new AbortController();
    let running: Promise<void> = Promise.resolve();

    const start = () => {
      stopping = new AbortController();
      return new Promise<void>((onReady, reject) => {
        running = runMember(
          {
            clock: { ...realClock, sleep },
            exec: realExec,
            files: realFiles,
            log: silentLog,
            random: realRandom,
            fetchSnapshot: (url, _ticket, file) => copyFile(new URL(url), file),
          },
          {
            program,
            version: readVersion(realExec, program),
            tool,
            dataDir,
            environment,
            ownAddress: address,
            logFile,
          },
          orders.watch(),
          (report) => {
            reports.push(report);
            onReport(report, { name });
            for (const waiter of [...waiters]) waiter();
          },
          onReady,
          stopping.signal,
        );
        running.catch(reject);
      });
    };
    /** Members that end all at once wait for each other; it is not what is tested. */
    const stop = async (isHasty = false) => {
      stopping.abort();
      if (isHasty) for (const sighting of await etcds()) await realExec.signal(sighting, 'SIGKILL');
      await running;
    };
    const etcds = () => realExec.findByEnvironment('MUSTER_MEMBER', dataDir);
    const last = () => {
      const report = reports.at(-1);
      if (report === undefined) throw new Error('nothing was told');
      return report;
    };
    const made: TestMember = {
      name,
      address,
      dataDir,
      logFile,
      sleeps,
      reports,
      peerUrl: `http://${address}:2380`,
      clientUrl: `http://${address}:2379`,
      last,
      until: (what, isWanted) =>
        new Promise((resolve, reject) => {
          const limit = setTimeout(() => {
            waiters.delete(look);
            reject(new Error(`${name}: not ${what}, but ${JSON.stringify(reports.slice(-4), undefined, 1)}`));
          }, 40_000);
          const look = () => {
            if (!isWanted(last())) return;
            clearTimeout(limit);
            waiters.delete(look);
            resolve(last());
          };
          waiters.add(look);
          look();
        }),
      order: (order) => orders.put(order),
      nonce: () => {
        const { disk } = last();
        if (disk.kind !== 'empty') throw new Error(`${name} is not empty`);
        return disk.nonce;
      },
      memberId: () => {
        const { disk } = last();
        if (disk.kind !== 'data') throw new Error(`${name} has no data`);
        return disk.memberId;
      },
      clusterId: () => {
        const { disk } = last();
        if (disk.kind !== 'data') throw new Error(`${name} has no data`);
        return disk.clusterId;
      },
      pids: async () => (await etcds()).map(({ pid }) => pid),
      loseDisk: async () => {
        await stop();
        await rm(dataDir, { recursive: true, force: true });
        await start();
      },
      stop,
      restart: async (next = environment) => {
        await stop();
        environment = next;
        await start();
      },
    };
    members.push(made);
    await start();
    return made;
  };

  return {
    version,
    member,
    async etcdctl(to, ...args) {
      const env = { ...process.env, ETCDCTL_API: '3' };
      return (await run(ctl, ['--endpoints', to.clientUrl, ...args], { env })).stdout;
    },
    async close() {
      await Promise.allSettled(members.map((one) => one.stop(true)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Told, and shown in a report. */
export const isServing = ({ process: { kind } }: MemberReport): boolean => kind === 'serving';
export const isEmpty = ({ disk, process: { kind } }: MemberReport): boolean =>
  disk.kind === 'empty' && kind === 'stopped';
export const endedWith =
  (finding: string) =>
  ({ process: ending }: MemberReport): boolean =>
    ending.kind === 'ended' && ending.finding === finding;

/** Starts members together, as a static list has them, and waits until all serve. */
export async function startStatic(members: readonly TestMember[], token = 'static'): Promise<void> {
  const initialCluster = members.map(({ name, peerUrl }) => ({ name, urls: [peerUrl] }));
  for (const one of members) {
    const { name } = one;
    one.order({ kind: 'start', nonce: one.nonce(), name, state: 'new', token, initialCluster });
  }
  await Promise.all(members.map((one) => one.until('serving', isServing)));
}
