// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { Lease, LeaseBook } from './lease-book.js';

export interface LeaseExpiryDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly book: LeaseBook;
  readonly revoke: (lease: Lease) => Promise<void>;
}

export interface LeaseExpiry {
  /** Resolves once no more lease will be ended. */
  close(): Promise<void>;
}

// What a timer can wait at most; a later deadline is looked at again.
const longestSleepMs = 2 ** 31 - 1;

/** Ends each lease when its time is over, with one timer for the next of all. */
export function openLeaseExpiry(deps: LeaseExpiryDeps): LeaseExpiry {
  const state = { isClosed: false };
  const running = run(deps, state);
  return {
    close() {
      state.isClosed = true;
      deps.book.ring();
      return running;
    },
  };
}

async function run(deps: LeaseExpiryDeps, state: { readonly isClosed: boolean }): Promise<void> {
  const { book, clock } = deps;
  while (!state.isClosed) {
    const now = clock.monotonic();
    const ended = book.due(now);
    const alarm = book.alarm();
    for (const lease of ended) void end(deps, lease);
    await pause(clock, (book.nextDeadline() ?? Number.POSITIVE_INFINITY) - now, alarm);
  }
}

async function end({ log, revoke }: LeaseExpiryDeps, lease: Lease): Promise<void> {
  const fields = { lease: BigInt.asUintN(64, lease.id).toString(16), keys: lease.keys.size };
  try {
    await revoke(lease);
    log.info('lease ran out', fields);
  } catch (error) {
    log.warn('lease ran out, but its keys are still there', { ...fields, reason: String(error) });
  }
}

/** Without a deadline there is no timer either. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms !== Number.POSITIVE_INFINITY) return clock.sleep(Math.max(0, Math.min(ms, longestSleepMs)), signal);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
