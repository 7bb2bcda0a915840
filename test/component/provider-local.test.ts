// SPDX-License-Identifier: Apache-2.0

import { watch } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Clock,
  realClock,
  realDialUnix,
  realExec,
  realFiles,
  realProbeTcp,
  realRandom,
  silentLog,
} from '../../src/effects/index.js';
import { machineId } from '../../src/model/index.js';
import { findProvider, type ProviderContext, type ProviderDeps } from '../../src/providers/index.js';
import { testOrder } from '../../src/providers/testing.js';
import { type BenchPart, type ProviderBench, providerSuite } from '../conformance/provider-suite.js';

const standIn = join(import.meta.dirname, '../conformance/stand-in-machine.mjs');
const local = findProvider('local');

/** Fifty times as fast, so that a machine's ten seconds of grace are short. */
const fastClock: Clock = {
  now: realClock.now,
  monotonic: () => realClock.monotonic() * 50,
  sleep: (ms, signal) => realClock.sleep(ms / 50, signal),
};

function depsFor(manner: string, clock: Clock = realClock): ProviderDeps {
  return {
    clock,
    dialUnix: realDialUnix,
    exec: realExec,
    files: realFiles,
    log: silentLog,
    random: realRandom,
    probeTcp: realProbeTcp,
    program: [process.execPath, standIn, manner],
    environment: { PATH: process.env.PATH ?? '', HOME: '/nonexistent' },
  };
}

function contextFor(folder: string): ProviderContext {
  return { clusterName: 'test', clusterId: '0'.repeat(32), folder, ports: [], options: {} };
}

async function openBench(isStubborn: boolean): Promise<ProviderBench> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-provider-'));
  const deps = isStubborn ? depsFor('stubborn', fastClock) : depsFor('gentle');
  const openHost = () => local.openHost(deps, contextFor(folder));
  const seen: BenchPart[] = [];
  return {
    openHost,
    async booted(name) {
      const { pid, unitPid } = JSON.parse(await appears(join(openHost().rootFolder(name) ?? '', 'booted')));
      const parts = await Promise.all([partOf(pid), partOf(unitPid)]);
      seen.push(...parts);
      return parts;
    },
    async close() {
      const host = openHost();
      await Promise.all((await host.list()).map(({ name }) => host.destroy(name)));
      await Promise.all(seen.map((part) => part.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function partOf(pid: number): Promise<BenchPart> {
  const seen = await realExec.sight(pid);
  const isAlive = async () => seen !== undefined && (await realExec.sight(pid))?.startedAt === seen.startedAt;
  return {
    isAlive,
    async kill() {
      if (seen !== undefined) await realExec.signal(seen, 'SIGKILL');
      // A killed process is there for a moment more, and tells only its parent when it is gone.
      while (await isAlive()) await realClock.sleep(5);
    },
  };
}

/** The content of a file that is being written, as soon as it is whole. */
async function appears(path: string): Promise<string> {
  const read = () => readFile(path, 'utf8').catch(() => '');
  let wake = () => {};
  const watcher = watch(dirname(path), () => wake());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const text = await read();
      if (text.endsWith('}')) return text;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

providerSuite('local', openBench);

test('a local machine has a console and a root of its own, private and empty at each start', async () => {
  const bench = await openBench(false);
  try {
    const host = bench.openHost();
    const order = testOrder(1);
    await host.powerOn(order);
    const [main] = await bench.booted('core-01');
    const root = host.rootFolder('core-01') ?? '';
    await realFiles.write(join(root, 'state'), 'x');
    expect((await stat(join(root, '..'))).mode & 0o777).toBe(0o700);
    expect((await stat(host.consoleFile('core-01'))).mode & 0o777).toBe(0o600);
    await main?.kill();
    await host.powerOn(order);
    await bench.booted('core-01');
    expect(await realFiles.list(root)).toEqual(['booted']);
    expect((await readFile(host.consoleFile('core-01'), 'utf8')).match(/^machine agent \d+$/gm)).toHaveLength(
      2,
    );
  } finally {
    await bench.close();
  }
});

test('thirty machines go on and off side by side, and leave nothing', { timeout: 60_000 }, async () => {
  const bench = await openBench(false);
  try {
    const host = bench.openHost();
    const orders = Array.from({ length: 30 }, (_, index) => {
      const uuid = `00000000-0000-4000-8000-${(0xabc000 + index).toString(16).padStart(12, '0')}`;
      return testOrder(1, { name: `m-${index}`, machineId: machineId(uuid), uuid });
    });
    await Promise.all(orders.map((order) => host.powerOn(order)));
    const parts = (await Promise.all(orders.map(({ name }) => bench.booted(name)))).flat();
    await Promise.all(orders.map(({ name }) => host.powerOff(name)));
    expect((await Promise.all(parts.map((part) => part.isAlive()))).filter((is) => is)).toEqual([]);
  } finally {
    await bench.close();
  }
});

test('clusters of one user get networks of their own, on which they can listen', async () => {
  const home = await mkdtemp(join(tmpdir(), 'muster-networks-'));
  try {
    const deps = { ...depsFor('gentle'), environment: { HOME: home } };
    const contexts = ['a', 'b', 'c'].map((name) => ({
      ...contextFor(join(home, name)),
      ports: [7070, 2379],
    }));
    const networks = await Promise.all(contexts.map((context) => local.openNetwork(deps, context)));
    const addresses = networks.map(({ controlAddress }) => controlAddress);
    expect(new Set(addresses).size).toBe(3);
    for (const network of networks) {
      expect(await realProbeTcp({ host: network.addressOf(0), port: 0 })).toBe('free');
    }
    const again = await Promise.all(contexts.map((context) => local.openNetwork(deps, context)));
    expect(again.map(({ controlAddress }) => controlAddress)).toEqual(addresses);
    await Promise.all(contexts.map((context) => local.releaseNetwork(deps, context)));
    expect(await realFiles.list(join(home, '.local/state/muster/networks'))).toEqual([]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
