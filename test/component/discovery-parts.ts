// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Discovery, type DiscoveryOptions, openDiscovery } from '../../src/bootstrap/index.js';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { serveKv } from '../../src/etcd/index.js';
import { openStore } from '../../src/store/index.js';
import { type EtcdVersion, findProgram } from '../conformance/real-etcd.js';
import { freePort } from '../free-port.js';

export const operatorKey = 'operator';

export interface Service {
  readonly url: string;
  readonly discovery: Discovery;
  /** As an operator. */
  free(token: string, memberId: string): Promise<Response>;
  close(): Promise<void>;
}

/** The service as `muster discovery serve` has it. */
export async function startService(
  folder: string,
  port = 0,
  options: Partial<DiscoveryOptions> = {},
): Promise<Service> {
  const world = { clock: realClock, random: realRandom, log: silentLog };
  const store = await openStore(world, { folder });
  const discovery = openDiscovery({ ...world, kv: store.kv }, { operatorKey, ...options });
  const stop = new AbortController();
  const running = discovery.run(stop.signal);
  const { clusterId, memberId } = store;
  const identity = { clusterId, memberId, name: 'd', clientUrls: [], peerUrls: [], version: '3.5.16' };
  const listening = await serveKv(
    {
      kv: discovery.kv,
      identity: { ...identity, dbSizeBytes: () => 0 },
      log: silentLog,
      http: discovery.handler,
    },
    { host: '127.0.0.1', port },
  );
  return {
    url: listening.url,
    discovery,
    free: (token, id) =>
      fetch(`${listening.url}/discovery/tokens/${token}/members/${id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${operatorKey}` },
      }),
    async close() {
      stop.abort();
      await listening.close();
      await running;
      await store.close();
    },
  };
}

/** Resources of one test, ended newest first whatever happened. */
export class Opened implements AsyncDisposable {
  private readonly closers: (() => Promise<unknown>)[] = [];

  add<T>(resource: T, close: (resource: T) => Promise<unknown>): T {
    this.closers.push(() => close(resource));
    return resource;
  }

  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'muster-discovery-'));
    return this.add(path, () => rm(path, { recursive: true, force: true }));
  }

  async service(options: Partial<DiscoveryOptions> = {}): Promise<Service> {
    const service = await startService(join(await this.folder(), 'store'), 0, options);
    return this.add(service, () => service.close());
  }

  async member(options: MemberOptions): Promise<Member> {
    const folder = options.folder ?? (await this.folder());
    const member = await startMember({ ...options, folder });
    return this.add(member, () => member.kill());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closers.reverse()) await close();
  }
}

export interface MemberOptions {
  readonly version: EtcdVersion;
  readonly name: string;
  /** How it finds the others: `--discovery URL`, or `--initial-cluster …`. */
  readonly flags: readonly string[];
  /** Left out: a new one. */
  readonly folder?: string;
  /** Left out: any free port. */
  readonly peerPort?: number;
}

export interface Member {
  readonly peerUrl: string;
  readonly peerPort: number;
  /** Resolves with the first line, from its start on, that matches; rejects when it ended without. */
  says(text: RegExp): Promise<string>;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/** A stock etcd on loopback. */
async function startMember(options: MemberOptions & { readonly folder: string }): Promise<Member> {
  const program = findProgram('etcd', options.version);
  if (program === undefined) throw new Error(`no etcd ${options.version} here: \`npm test\` unpacks it`);
  const [clientPort, peerPort] = [await freePort(), options.peerPort ?? (await freePort())];
  const [client, peer] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];
  const child = spawn(
    program,
    [
      ['--name', options.name, '--data-dir', join(options.folder, 'data')],
      ['--listen-client-urls', client, '--advertise-client-urls', client],
      ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      options.flags,
    ].flat(),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const lines = readLines(child);
  const ended = once(child, 'close').then(([code]) => code);
  return {
    peerUrl: peer,
    peerPort,
    ended,
    says: (text) => lines.find(text),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function readLines(child: ChildProcess) {
  const seen: string[] = [];
  const state = { isOver: false, turn: () => {} };
  const changed = () =>
    new Promise<void>((resolve) => {
      const before = state.turn;
      state.turn = () => {
        before();
        resolve();
      };
    });
  const turn = () => {
    const wake = state.turn;
    state.turn = () => {};
    wake();
  };
  if (child.stderr === null) throw new Error('its log is read');
  createInterface({ input: child.stderr })
    .on('line', (line) => {
      seen.push(line);
      turn();
    })
    .on('close', () => {
      state.isOver = true;
      turn();
    });
  return {
    async find(text: RegExp): Promise<string> {
      for (let at = 0; ; ) {
        const line = seen[at];
        if (line === undefined) {
          if (state.isOver) throw new Error(`never said ${text}:\n${seen.slice(-15).join('\n')}`);
          await changed();
        } else if (text.test(line)) return line;
        else at += 1;
      }
    },
  };
}

export const isReady = /ready to serve client requests/;

export function byDiscovery(url: string): readonly string[] {
  return ['--discovery', url, '--discovery-fallback', 'exit'];
}

export async function newToken(service: { readonly url: string }, size: number): Promise<string> {
  return (await fetch(`${service.url}/new?size=${size}`)).text();
}

/** Names of the members that a member knows of, sorted. */
export async function memberNames(member: Member): Promise<readonly string[]> {
  const members: readonly { readonly name: string }[] = JSON.parse(
    await (await fetch(`${member.peerUrl}/members`)).text(),
  );
  return members.map(({ name }) => name).sort();
}
