// SPDX-License-Identifier: Apache-2.0

import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type EtcdVersion, findProgram } from '../conformance/real-etcd.js';

/** Where one member is to be. */
export interface Seat {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** A loopback address of its own, with etcd's own ports: nothing else on this computer takes them by chance. */
export function seat(name: string): Seat {
  const address = `127.${randomInt(128, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  return { name, clientUrl: `http://${address}:2379`, peerUrl: `http://${address}:2380` };
}

export interface MemberOptions {
  readonly version?: EtcdVersion;
  /** `existing` for one that was added. */
  readonly state?: 'new' | 'existing';
  /** Everybody in the list that it starts with, itself included. */
  readonly peers: readonly Seat[];
  readonly flags?: readonly string[];
  /** Of one that was stopped, to go on with its data. */
  readonly folder?: string;
}

export interface RunningMember extends Seat {
  /** Stands still and answers nobody, with its connections open. */
  freeze(): void;
  /** Where its data is. */
  readonly folder: string;
  /** Ends the process at once; its data stays until the cluster is closed. */
  stop(): Promise<void>;
  /** Of the process and its data. */
  kill(): Promise<void>;
}

/** Real members and whatever else a test starts; all of it is gone after `close`. */
export interface TestCluster {
  /** Resolves once it serves clients. */
  start(seat: Seat, options: MemberOptions): Promise<RunningMember>;
  /** As many as there are seats, started together. */
  startAll(seats: readonly Seat[], options?: Omit<MemberOptions, 'peers'>): Promise<readonly RunningMember[]>;
  close(): Promise<void>;
}

export function testCluster(): TestCluster {
  const running = new Set<RunningMember>();
  const folders = new Set<string>();
  const start = async (at: Seat, options: MemberOptions): Promise<RunningMember> => {
    const version = options.version ?? '3.5';
    const program = findProgram('etcd', version);
    if (program === undefined) throw new Error(`no etcd ${version} here: \`npm test\` unpacks it`);
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'muster-member-')));
    folders.add(folder);
    const child = spawn(
      program,
      [
        ['--name', at.name, '--data-dir', folder],
        ['--listen-client-urls', at.clientUrl, '--advertise-client-urls', at.clientUrl],
        ['--listen-peer-urls', at.peerUrl, '--initial-advertise-peer-urls', at.peerUrl],
        ['--initial-cluster', options.peers.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')],
        ['--initial-cluster-state', options.state ?? 'new'],
        options.flags ?? [],
      ].flat(),
      { stdio: ['ignore', 'ignore', 'pipe'], env: {} },
    );
    const exited = once(child, 'exit');
    const member: RunningMember = {
      ...at,
      freeze: () => void child.kill('SIGSTOP'),
      folder,
      async stop() {
        child.kill('SIGKILL');
        await exited;
        running.delete(member);
      },
      async kill() {
        await member.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
    running.add(member);
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      if (line.includes('ready to serve client requests')) {
        child.stderr.resume();
        return member;
      }
    }
    await member.kill();
    throw new Error(`etcd ended before it was ready: ${said.slice(-5).join('\n')}`);
  };
  return {
    start,
    startAll: (seats, options = {}) =>
      Promise.all(seats.map((one) => start(one, { ...options, peers: seats }))),
    async close() {
      await Promise.all([...running].map((member) => member.kill()));
      await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

export interface EtcdCluster extends AsyncDisposable {
  readonly seats: readonly Seat[];
  /** Client URLs of all members, by seat. */
  readonly endpoints: readonly string[];
  /** Ends its process; its data stays. */
  stop(name: string): Promise<void>;
  /** Ends its process if it runs, and forgets its data. */
  wipe(name: string): Promise<void>;
  /** With what data it has; options for one that was wiped and added anew. */
  restart(name: string, options?: Pick<MemberOptions, 'state' | 'peers'>): Promise<void>;
  /** One that was added to the cluster and never ran. */
  join(seat: Seat, version: EtcdVersion): Promise<void>;
}

export interface EtcdClusterOptions {
  /** One member for each, `core-01` and so on; versions may be mixed. */
  readonly versions: readonly EtcdVersion[];
  /** More flags, for all. */
  readonly flags?: readonly string[];
}

/** A static cluster on addresses of its own, which outlives its members one by one. */
export async function startEtcdCluster({ versions, flags = [] }: EtcdClusterOptions): Promise<EtcdCluster> {
  const seats = versions.map((_, index) => seat(`core-0${index + 1}`));
  const cluster = testCluster();
  const all = new Map(seats.map((at, index) => [at.name, { at, version: versions[index] ?? '3.5' }]));
  const now = new Map<string, RunningMember>();
  const folders = new Map<string, string>();
  const run = async (name: string, options: Omit<MemberOptions, 'version' | 'flags'>) => {
    const known = all.get(name);
    if (known === undefined) throw new Error(`no member ${name}`);
    const member = await cluster.start(known.at, { ...options, version: known.version, flags });
    now.set(name, member);
    folders.set(name, member.folder);
  };
  const stop = async (name: string) => {
    await now.get(name)?.stop();
    now.delete(name);
  };
  const everybody = () => [...all.values()].map(({ at }) => at);
  try {
    await Promise.all(seats.map(({ name }) => run(name, { peers: seats })));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return {
    seats,
    endpoints: seats.map(({ clientUrl }) => clientUrl),
    stop,
    async wipe(name) {
      await stop(name);
      const folder = folders.get(name);
      folders.delete(name);
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
    restart(name, options) {
      const folder = folders.get(name);
      return run(name, { peers: everybody(), ...options, ...(folder === undefined ? {} : { folder }) });
    },
    join(at, version) {
      all.set(at.name, { at, version });
      return run(at.name, { peers: everybody(), state: 'existing' });
    },
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program to its end, within 20 s. */
export function runProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 20_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}
