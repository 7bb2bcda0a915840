// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { openStore } from '../../src/store/index.js';
import { type EtcdVersion, startEtcd } from './real-etcd.js';
import { openWire, type Wire } from './wire-client.js';

/** What speaks etcd's protocol: ours on memory and on disk, and the real one. */
export type Implementation = 'memory' | 'disk' | 'etcd 3.4' | 'etcd 3.5';

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one with nothing in it; `close` ends it and removes what it wrote. */
export function startEndpoint(implementation: Implementation): Promise<Endpoint> {
  switch (implementation) {
    case 'memory':
      return startOwn(undefined);
    case 'disk':
      return startOnDisk();
    case 'etcd 3.4':
      return startReal('3.4', []);
    case 'etcd 3.5':
      // Its data goes with the test, so nobody needs to wait for the disk.
      return startReal('3.5', ['--unsafe-no-fsync']);
  }
}

function startReal(version: EtcdVersion, flags: readonly string[]): Promise<Endpoint> {
  return startEtcd({ version, flags });
}

async function startOnDisk(): Promise<Endpoint> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-endpoint-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const endpoint = await startOwn(folder);
    return { url: endpoint.url, close: () => endpoint.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startOwn(folder: string | undefined): Promise<Endpoint> {
  const deps = { clock: realClock, random: realRandom, log: silentLog };
  const store = await openStore(deps, folder === undefined ? {} : { folder });
  const { url } = await store.serve({ host: '127.0.0.1', port: 0 });
  return { url, close: () => store.close() };
}

export interface OpenEndpoints {
  wire(implementation: Implementation): Wire;
  url(implementation: Implementation): string;
  close(): Promise<void>;
}

/** All of them at once; when one does not start, none is left running. */
export async function openEndpoints(names: readonly Implementation[]): Promise<OpenEndpoints> {
  const started = await Promise.allSettled(names.map(startEndpoint));
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const wires = running.map(({ url }) => openWire(url));
  const close = async () => {
    for (const wire of wires) wire.close();
    await Promise.all(running.map((one) => one.close()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const at = <T>(list: readonly T[], name: Implementation): T => {
    const found = list[names.indexOf(name)];
    if (found === undefined) throw new Error(`${name} was not started`);
    return found;
  };
  return { wire: (name) => at(wires, name), url: (name) => at(running, name).url, close };
}
