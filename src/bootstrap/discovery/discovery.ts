// SPDX-License-Identifier: Apache-2.0

import type { Clock, Handler, Log, Random } from '../../effects/index.js';
import { type Kv, keyOf } from '../../etcd/index.js';
import { isMusterError, type PeerEntry } from '../../model/index.js';
import { guardedKv } from './guarded-kv.js';
import { discoveryHandler } from './handler.js';
import { findSlots, type Reservation, reserveSlots } from './reserve.js';
import { openTokenBook, type TokenBookOptions } from './token-book.js';
import { openTokenCache } from './token-cache.js';
import { renderSlot } from './v2-answers.js';
import { openWaiters } from './waiters.js';

export interface DiscoveryDeps {
  /** Where tokens are kept: any v3 key space, of which only `/_etcd/registry/` is used. */
  readonly kv: Kv;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface DiscoveryOptions extends TokenBookOptions {
  /** Whoever sends it as bearer token may list tokens and free slots. */
  readonly operatorKey: string;
  /** What URLs of tokens begin with; left out: as the caller of `/new` reached the service. */
  readonly baseUrl?: string;
  /** No more are made beyond it; 100,000 when left out. */
  readonly maxTokens?: number;
}

/** One service, by both protocols. */
export interface Discovery {
  /** `/new`, protocol v2 and the operator's face. */
  readonly handler: Handler;
  /** Protocol v3: to be served with `serveKv`. It admits nothing else. */
  readonly kv: Kv;
  /** As `reserveSlots`. */
  reserve(reservation: Reservation): Promise<void>;
  /** As `findSlots`. */
  slotsOf(token: string): Promise<readonly PeerEntry[]>;
  /** Long polls that wait now. */
  waiting(): number;
  /** Tells those who wait, and forgets unused tokens once an hour, until `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
}

const forgetEveryMs = 3_600_000;

/** Opens the discovery service; several processes may serve one key space. Nothing waits without `run`. */
export function openDiscovery(deps: DiscoveryDeps, options: DiscoveryOptions): Discovery {
  const cache = openTokenCache();
  const book = openTokenBook({ ...deps, cache }, options);
  const waiters = openWaiters({
    ...deps,
    cache,
    render: (token, slot) => keyOf(renderSlot('create', token, slot)),
  });
  const forgetNowAndThen = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await forget(deps, book.forgetExpired);
      await deps.clock.sleep(forgetEveryMs, signal);
    }
  };
  return {
    handler: discoveryHandler({ book, waiters, clock: deps.clock }, options),
    kv: guardedKv(deps.kv, book),
    reserve: (reservation) => reserveSlots(book, reservation),
    slotsOf: (token) => findSlots({ book, clock: deps.clock }, token),
    waiting: () => waiters.count(),
    async run(signal) {
      const failed = new AbortController();
      const until = AbortSignal.any([signal, failed.signal]);
      const forgetting = forgetNowAndThen(until);
      try {
        await waiters.run(until);
      } finally {
        failed.abort();
        await forgetting;
      }
    },
  };
}

async function forget({ log }: DiscoveryDeps, forgetExpired: () => Promise<number>): Promise<void> {
  try {
    const count = await forgetExpired();
    if (count > 0) log.info('forgot unused discovery tokens', { count });
  } catch (error) {
    if (!isMusterError(error)) throw error;
    log.warn('cannot look for unused discovery tokens', { error: error.message });
  }
}
