// SPDX-License-Identifier: Apache-2.0

import { type Log, realClock } from '../effects/index.js';
import { connect, holdLease } from '../etcd/index.js';
import { makeSemaphore } from '../lock/index.js';
import type { Machine } from '../model/index.js';
import { openRegistry } from '../registry/index.js';

/** Keeps a machine's object in the store that all machines share, where that is another than the engine's. */
export interface SharedStore {
  /** What is to be there from now on. Returns at once. */
  publish(machine: Machine): void;
  /** Takes the object back and returns when nothing is under way. */
  close(): Promise<void>;
}

const pauseMs = 1_000;

/**
 * Goes on trying whatever the store does: a member that is only just joining answers nobody. Makes the reboot lock as
 * well when there is none, so that stock tools find it where they look.
 *
 * @param endpoint the store as this machine reaches it
 */
export function openSharedStore(endpoint: string, ttlSeconds: number, log: Log): SharedStore {
  const ended = new AbortController();
  let current: Machine | undefined;
  let changed = new AbortController();
  let running: Promise<void> | undefined;

  const keep = async () => {
    while (!ended.signal.aborted) {
      const kv = connect([endpoint]);
      const registry = openRegistry({ kv, clock: realClock, log });
      try {
        await holdLease(
          { kv, clock: realClock, log: quiet(log) },
          ttlSeconds,
          async (lease, lost) => {
            await makeSemaphore(kv);
            while (!lost.aborted && current !== undefined) {
              changed = new AbortController();
              await registry.machines.publish(lease, current);
              await aborted(AbortSignal.any([lost, changed.signal]));
            }
          },
          ended.signal,
        );
      } catch (error) {
        log.debug('the shared store does not take this machine yet', { reason: String(error) });
      } finally {
        await kv.close();
      }
      await realClock.sleep(pauseMs, ended.signal);
    }
  };

  return {
    publish(machine) {
      if (JSON.stringify(machine) === JSON.stringify(current)) return;
      current = machine;
      changed.abort();
      running ??= keep();
    },
    async close() {
      ended.abort();
      await running;
    },
  };
}

/** A store that is away says so in the log of its own. */
function quiet(log: Log): Log {
  return { ...log, warn: log.debug };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
