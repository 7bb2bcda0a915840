// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { LeaseId } from '../model/index.js';
import { isAway } from './errors.js';
import type { Kv } from './kv.js';
import { renewUntilLost } from './renew.js';

export interface HoldLeaseDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

type WhileHeld = (id: LeaseId, lost: AbortSignal) => Promise<void>;

interface Held {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** Monotonic time from which the TTL runs at the latest: when the request was sent. */
  readonly since: number;
}

/** A signal's reason for a holder that comes back at once: the lease is left to run out by itself. */
export const leaveLease = Symbol('the lease is left');

const firstDelayMs = 100;
const lastDelayMs = 5_000;
/** For the revocation at the end: without it the lease runs out by itself. */
const revokeMs = 2_000;

/**
 * The one keep-alive loop: holds a lease of `ttlSeconds` until `signal` fires, and calls `whileHeld` with it.
 *
 * `lost` fires when the lease is gone, when it may be gone because the store did not answer for a whole TTL, and
 * when `signal` fires; `whileHeld` must then come to its end. After a loss it is called again with a new lease,
 * never twice at a time. It may return while the lease is held: the lease stays. What it throws ends the
 * holding and is thrown here, unless the store was only out of reach (`retry` is not `never`): then it is called
 * again with a new lease. At the end the lease is revoked as far as the store can be reached, unless `signal` fired
 * with `leaveLease`.
 *
 * Throws also what the store refuses for good when a lease is granted.
 */
export async function holdLease(
  deps: HoldLeaseDeps,
  ttlSeconds: number,
  whileHeld: WhileHeld,
  signal: AbortSignal,
): Promise<void> {
  const backoff = { delayMs: firstDelayMs };
  while (!signal.aborted) {
    try {
      const held = await grant(deps, ttlSeconds);
      await holdOne(deps, held, whileHeld, signal);
      backoff.delayMs = firstDelayMs;
    } catch (error) {
      if (!isAway(error)) throw error;
      deps.log.warn('no lease held, trying again', { reason: error.message, delayMs: backoff.delayMs });
      await deps.clock.sleep(backoff.delayMs, signal);
      backoff.delayMs = Math.min(lastDelayMs, backoff.delayMs * 2);
    }
  }
}

async function grant({ kv, clock }: HoldLeaseDeps, wantedSeconds: number): Promise<Held> {
  const since = clock.monotonic();
  const { id, ttlSeconds } = await kv.grantLease(wantedSeconds);
  return { id, ttlSeconds, since };
}

/** From the grant to the loss. Throws what `whileHeld` threw, after giving the lease back. */
async function holdOne(
  deps: HoldLeaseDeps,
  held: Held,
  whileHeld: WhileHeld,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return revoke(deps, held.id);
  const lost = new AbortController();
  const end = () => lost.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  const work = (async () => whileHeld(held.id, lost.signal))();
  work.catch((error: unknown) => lost.abort(error));
  try {
    const loss = await renewUntilLost(deps, held, lost.signal);
    if (loss !== undefined) deps.log.warn('lease lost', { lease: held.id.toString(16), reason: loss });
    lost.abort();
    await work;
    if (loss === undefined && signal.reason !== leaveLease) await revoke(deps, held.id);
  } catch (error) {
    lost.abort();
    await work.catch(() => {});
    await revoke(deps, held.id);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function revoke({ kv, clock, log }: HoldLeaseDeps, id: LeaseId): Promise<void> {
  const enough = new AbortController();
  const done = kv.revokeLease(id).then(
    () => {},
    (error: unknown) => log.debug('lease not revoked', { lease: id.toString(16), reason: String(error) }),
  );
  await Promise.race([done, clock.sleep(revokeMs, enough.signal)]);
  enough.abort();
}
