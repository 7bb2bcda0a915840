// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { freePort } from '../test/free-port.js';
import { environment, program } from './measure.js';

/** A server on a port, seen by the kernel's books. */
export interface MeasuredProcess {
  readonly port: number;
  /** Processor time so far, of all its threads; to 10 ms. */
  cpuMs(): Promise<number>;
  rssMiB(): Promise<number>;
}

/** Runs the work with `muster discovery serve`, which leaves nothing behind. */
export function withDiscovery<T>(work: (service: MeasuredProcess) => Promise<T>): Promise<T> {
  return withProcess(
    (port, folder) => [
      program,
      ['discovery', 'serve', '--data-dir', folder, '--listen', `http://127.0.0.1:${port}`],
    ],
    '"ready"',
    work,
  );
}

/** Runs the work with an etcd 3.4 of one member that serves the v2 API; `undefined` where there is none. */
export async function withEtcdV2<T>(work: (etcd: MeasuredProcess) => Promise<T>): Promise<T | undefined> {
  // Where scripts/packages.mjs unpacks it.
  const etcd = resolve('.cache/debian/usr/bin/etcd');
  if (!existsSync(etcd)) return undefined;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const command = (port: number, folder: string): readonly [string, readonly string[]] => {
    const client = `http://127.0.0.1:${port}`;
    const urls = [
      '--listen-client-urls',
      client,
      '--advertise-client-urls',
      client,
      '--listen-peer-urls',
      peer,
    ];
    const cluster = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
    return [etcd, ['--data-dir', folder, '--enable-v2', ...urls, ...cluster]];
  };
  return withProcess(command, 'ready to serve client requests', work);
}

/** Runs the work with a server that listens at the port, from the line on that holds `ready`. */
export async function withProcess<T>(
  command: (port: number, folder: string) => readonly [string, readonly string[]],
  ready: string,
  work: (server: MeasuredProcess) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const port = await freePort();
  const [file, args] = command(port, folder);
  const child = spawn(file, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'exit');
  const read = (name: string) => readFile(`/proc/${child.pid}/${name}`, 'utf8');
  try {
    await Promise.any([child.stdout, child.stderr].map((stream) => lineWith(stream, ready)));
    return await work({
      port,
      async cpuMs() {
        const fields = (await read('stat')).replace(/^.*\) /, '').split(' ');
        // User and system time, in hundredths of a second.
        return (Number(fields[11]) + Number(fields[12])) * 10;
      },
      rssMiB: async () => Number(/^VmRSS:\s+(\d+) kB/m.exec(await read('status'))?.[1]) / 1024,
    });
  } finally {
    // Not SIGKILL at first: an nginx that cannot end its workers leaves them, with this program's pipes in their hands.
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(patience);
    await rm(folder, { recursive: true, force: true });
  }
}

async function lineWith(stream: Readable, text: string): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    if (!line.includes(text)) continue;
    stream.resume();
    return;
  }
  throw new Error(`it ended without "${text}"`);
}
