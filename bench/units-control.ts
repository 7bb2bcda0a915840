// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock, realRandom, silentLog } from '../src/effects/index.js';
import { keepUnits } from '../src/engine/units/keep-units.js';
import { holdLease, type Kv, serveKv } from '../src/etcd/index.js';
import { openRegistry } from '../src/registry/index.js';
import { openStore } from '../src/store/index.js';

/** What the control process of the bench was asked so far. */
export interface ControlFigures {
  /** Calls of the clients, by method of `Kv`. */
  readonly clients: Readonly<Record<string, number>>;
  /** Of the engine, which is in the same process. */
  readonly engine: Readonly<Record<string, number>>;
  /** Processor time so far. */
  readonly cpuMs: number;
}

/**
 * A process with what a control process has of units: the store on disk, served, and the engine. It tells its URL over
 * IPC, then its figures whenever it is asked; it ends when nobody is there to ask any more.
 */
export async function runUnitsControl(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const store = await openStore({ clock: realClock, random: realRandom, log: silentLog }, { folder });
  const counts = { clients: {}, engine: {} };
  const log = silentLog;
  const { clusterId, memberId } = store;
  const identity = {
    clusterId,
    memberId,
    name: 'bench',
    clientUrls: [],
    peerUrls: [],
    version: '3.5.16',
    dbSizeBytes: () => 0,
  };
  const listening = await serveKv(
    { kv: counted(store.kv, counts.clients), identity, log },
    { host: '127.0.0.1', port: 0 },
  );
  const end = new AbortController();
  process.once('disconnect', () => end.abort());
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const figures: ControlFigures = { ...structuredClone(counts), cpuMs: (user + system) / 1_000 };
    process.send?.(figures);
  });
  process.send?.({ url: listening.url });
  const registry = openRegistry({ kv: counted(store.kv, counts.engine), clock: realClock, log });
  await holdLease(
    { kv: store.kv, clock: realClock, log },
    10,
    async (lease, lost) => {
      const leadership = await registry.engine.lead('0'.repeat(32), lease, lost);
      if (leadership !== undefined) {
        await keepUnits({ units: registry.units, clock: realClock, log }, leadership, lost);
      }
    },
    end.signal,
  );
  await listening.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
}

function counted(kv: Kv, counts: Record<string, number>): Kv {
  return new Proxy(kv, {
    get(target, name, receiver) {
      const found: unknown = Reflect.get(target, name, receiver);
      if (typeof found !== 'function') return found;
      return (...args: unknown[]) => {
        counts[String(name)] = (counts[String(name)] ?? 0) + 1;
        return Reflect.apply(found, target, args) as unknown;
      };
    },
  });
}
