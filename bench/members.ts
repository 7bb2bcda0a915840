// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect, keyOf } from '../src/etcd/index.js';
import { environment, inCluster, interleave, median, ms, printTable, program, time } from './measure.js';

const etcd = resolve('.cache/debian13/usr/bin/etcd');
const rounds = 5;
/** An election of etcd takes from nothing to two of its timeouts, by chance. */
const formations = 15;
/** Looking more often would take the processors from what is measured. */
const lookMs = 20;
/** A cluster that just changed refuses the next change for 5 s; both contenders begin after that. */
const quietMs = 6_000;

/** muster's members beside the same etcd processes, started and mended by hand with no time to think. */
export async function benchMembers(): Promise<void> {
  /** The part of each that the peer does too: without the boot of machines. */
  const [founding, mending]: [number[], number[]] = [[], []];
  const formed = await interleave(formations, {
    muster: () => formByMuster(founding),
    script: formByScript,
  });
  const healed = await interleave(rounds, {
    muster: () => healByMuster(mending),
    byHand: healByHand,
  });
  printTable('Members', [
    row(
      '3 members, cold to first committed write',
      formed.muster,
      formed.script,
      'etcd from a script',
      '1.3x',
    ),
    row('of that, since all disks are known to be empty', founding, formed.script, 'etcd from a script'),
    row('wiped member to voter, and a read through it', healed.muster, healed.byHand, 'by hand', '1.2x'),
    row('of that, since its old member was removed', mending, healed.byHand, 'by hand'),
  ]);
}

function row(
  what: string,
  ours: readonly number[] = [],
  peer: readonly number[] = [],
  by: string,
  goal = '',
) {
  const [left, right] = [median(ours), median(peer)];
  return {
    what: `${what}, median of ${ours.length}`,
    value: ms(left),
    beside: `${by} ${ms(right)}`,
    ratio: `${(left / right).toFixed(2)}x`,
    goal,
  };
}

const clusterFile = `store: {kind: etcd, program: ${etcd}}\nmachines: 3\n`;

/** From the start of `muster up`, control process and agents included, to a write at any member. */
function formByMuster(founding: number[]): Promise<number> {
  return inCluster(async (folder, env) => {
    await writeFile(join(folder, 'cluster.yaml'), clusterFile);
    const start = performance.now();
    const up = time(program, ['up', '-o', 'json'], folder, env);
    const urls = await memberUrls(folder);
    await untilWritten(urls);
    const took = performance.now() - start;
    await up;
    founding.push(await between('founding', 'formed', folder, env));
    return took;
  });
}

/** Asked as soon as the cluster has its addresses. */
async function memberUrls(folder: string): Promise<readonly string[]> {
  for (;;) {
    const text = await readFile(join(folder, '.muster/control.json'), 'utf8').catch(() => '');
    if (text !== '') return (JSON.parse(text) as { readonly storeUrls: readonly string[] }).storeUrls;
    await pause(lookMs);
  }
}

function formByScript(): Promise<number> {
  return byHand(async (members) => {
    const start = performance.now();
    for (const member of members) member.start('new', members);
    await untilWritten(members.map(({ clientUrl }) => clientUrl));
    return performance.now() - start;
  });
}

function healByMuster(mending: number[]): Promise<number> {
  return inCluster(async (folder, env) => {
    await writeFile(join(folder, 'cluster.yaml'), clusterFile);
    await time(program, ['up'], folder, env);
    await pause(quietMs);
    const { stdout } = await time(program, ['drill', 'wipe', '-o', 'json'], folder, env);
    mending.push(await between('removed', 'promoted', folder, env));
    return (JSON.parse(stdout) as { readonly recoveryMs: { readonly p50: number } }).recoveryMs.p50;
  });
}

/** By muster's own log of events, whose times are those of the control process. */
async function between(from: string, to: string, folder: string, env: NodeJS.ProcessEnv): Promise<number> {
  const { stdout } = await time(program, ['events', '-o', 'json'], folder, env);
  const events = JSON.parse(stdout) as readonly { readonly kind: string; readonly at: number }[];
  const at = (kind: string) => events.find((event) => event.kind === kind)?.at ?? Number.NaN;
  return at(to) - at(from);
}

/** Kill, remove, add as learner, start, promote, read, by stock etcdctl: each as soon as the one before is done. */
function healByHand(): Promise<number> {
  return byHand(async (members) => {
    for (const member of members) member.start('new', members);
    await untilWritten(members.map(({ clientUrl }) => clientUrl));
    await pause(quietMs);
    const [first, second, wiped] = members;
    if (first === undefined || second === undefined || wiped === undefined) throw new Error('three members');
    const survivors = `${first.clientUrl},${second.clientUrl}`;
    const start = performance.now();
    await wiped.wipe();
    const list = await etcdctl(survivors, 'member', 'list');
    const old = list.split('\n').find((line) => line.split(', ')[2] === wiped.name);
    await etcdctl(survivors, 'member', 'remove', idIn(old));
    const add = ['member', 'add', wiped.name, '--learner', `--peer-urls=${wiped.peerUrl}`];
    const added = await retry(() => etcdctl(survivors, ...add));
    wiped.start('existing', members);
    await retry(() => etcdctl(survivors, 'member', 'promote', idIn(added)));
    await retry(() => etcdctl(wiped.clientUrl, 'get', '/bench'));
    return performance.now() - start;
  });
}

/** Returns what it printed. @throws when it fails */
async function etcdctl(endpoints: string, ...args: readonly string[]): Promise<string> {
  const env = environment({ ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: endpoints });
  return (await time(`${etcd}ctl`, args, '.', env)).stdout;
}

function idIn(text = ''): string {
  const id = /\b[0-9a-f]{8,16}\b/.exec(text)?.[0];
  if (id === undefined) throw new Error(`no member's ID in "${text}"`);
  return id;
}

interface HandMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  start(state: 'new' | 'existing', all: readonly HandMember[]): void;
  wipe(): Promise<void>;
}

async function byHand(work: (members: readonly HandMember[]) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const children = new Map<string, ChildProcess>();
  const token = folder;
  const end = async (name: string) => {
    const child = children.get(name);
    children.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((onEnd) => child.once('exit', onEnd));
    child.kill('SIGKILL');
    await ended;
  };
  const members = [1, 2, 3].map((number): HandMember => {
    const name = `hand-${number}`;
    const [clientUrl, peerUrl] = [`http://127.88.7.${number}:2379`, `http://127.88.7.${number}:2380`];
    return {
      name,
      clientUrl,
      peerUrl,
      start(state, all) {
        const flags = {
          name,
          'data-dir': join(folder, name),
          'listen-client-urls': clientUrl,
          'advertise-client-urls': clientUrl,
          'listen-peer-urls': peerUrl,
          'initial-advertise-peer-urls': peerUrl,
          'initial-cluster': all.map((one) => `${one.name}=${one.peerUrl}`).join(','),
          'initial-cluster-state': state,
          'initial-cluster-token': token,
        };
        const args = Object.entries(flags).map(([key, value]) => `--${key}=${value}`);
        children.set(name, spawn(etcd, args, { stdio: 'ignore', env: environment() }));
      },
      async wipe() {
        await end(name);
        await rm(join(folder, name), { recursive: true, force: true });
      },
    };
  });
  try {
    return await work(members);
  } finally {
    await Promise.all([...children.keys()].map(end));
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first of the members to commit a write; asked only once it listens, for a client costs much more than a look. */
async function untilWritten(urls: readonly string[]): Promise<void> {
  await Promise.any(urls.map((url) => retry(() => look(new URL(url)))));
  const clients = urls.map((url) => connect([url], { timeoutMs: 2_000 }));
  const written = new AbortController();
  try {
    await Promise.any(
      clients.map((client) =>
        retry(() => client.put({ key: keyOf('/bench'), value: keyOf('1') }), written.signal),
      ),
    );
  } finally {
    written.abort();
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** @throws when nobody listens there */
function look({ hostname, port }: URL): Promise<void> {
  return new Promise((resolvePromise, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolvePromise();
    });
  });
}

/** Until it works, or nobody wants it any more. */
async function retry<T>(work: () => Promise<T>, unwanted?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (unwanted?.aborted) throw error;
    }
    await pause(lookMs);
  }
}

function pause(limitMs: number): Promise<void> {
  return new Promise((onDone) => setTimeout(onDone, limitMs));
}
