// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { findProvider, type ProviderContext, type ProviderDeps } from '../../src/providers/index.js';
import type { BenchPart, ProviderBench } from '../conformance/provider-suite.js';

export const qemu = findProvider('qemu');

/** Ten times as fast: firmware has no power button, and the time that a machine gets for it is waited for in vain. */
const fastClock: Clock = {
  now: realClock.now,
  monotonic: () => realClock.monotonic() * 10,
  sleep: (ms, signal) => realClock.sleep(ms / 10, signal),
};

/** What machines boot: they stay in the firmware, which says that it got there. */
const script = '#!ipxe\necho booted\n:stay\nsleep 1\ngoto stay\n';

export interface QemuBench extends ProviderBench {
  readonly deps: ProviderDeps;
  readonly context: ProviderContext;
  readonly folder: string;
}

/** A cluster's folder with no machine in it, and a boot server for it. */
export async function openQemuBench(options: object = {}): Promise<QemuBench> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-qemu-'));
  const booted = openPosts();
  const server = createServer((request, response) => {
    booted.post(request.url?.split('/')[1] ?? '');
    response.end(script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  const deps: ProviderDeps = {
    clock: fastClock,
    dialUnix: realDialUnix,
    exec: realExec,
    files: realFiles,
    log: silentLog,
    random: realRandom,
    probeTcp: realProbeTcp,
    program: [process.execPath, 'none'],
    environment: { PATH: process.env.PATH ?? '', XDG_STATE_HOME: folder },
  };
  const context: ProviderContext = {
    clusterName: 'test',
    clusterId: '0'.repeat(32),
    folder,
    ports: [7070, 2379],
    options: { memory: '64M', accel: 'tcg', ...options },
  };
  const network = await qemu.openNetwork(deps, context);
  const openHost = () => qemu.openHost(deps, context);
  return {
    deps,
    context,
    folder,
    openHost,
    order: (number) => ({
      address: network.addressOf(number - 1),
      reachAddress: network.reachOf?.(number - 1) ?? '',
      bootUrl: `http://10.0.2.2:${port}/core-0${number}/boot.ipxe`,
    }),
    async booted(name) {
      await booted.next(name);
      const record = JSON.parse(await readFile(join(folder, 'machines', name, 'machine.json'), 'utf8'));
      return [await partOf(record.main.pid)];
    },
    async close() {
      const host = openHost();
      await Promise.all(
        (await host.list()).map(async ({ name }) => {
          await host.faults?.cutPower(name);
          await host.destroy(name);
        }),
      );
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** News by name, each for one reader. */
function openPosts() {
  const unread = new Map<string, number>();
  const readers = new Map<string, () => void>();
  return {
    post(name: string) {
      unread.set(name, (unread.get(name) ?? 0) + 1);
      readers.get(name)?.();
    },
    async next(name: string) {
      while ((unread.get(name) ?? 0) === 0) await new Promise<void>((resolve) => readers.set(name, resolve));
      unread.set(name, (unread.get(name) ?? 0) - 1);
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
      while (await isAlive()) await realClock.sleep(5);
    },
  };
}
