// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { LeaseId } from '../model/index.js';
import { isAway } from './errors.js';
import type { Kv } from './kv.js';

interface RenewDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

interface Renewable {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** Monotonic time from which the TTL runs at the latest. */
  readonly since: number;
}

type Answer =
  | { readonly kind: 'renewed'; readonly ttlSeconds: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'too-late' };

/** Without a reason of its own each abort makes an error with its stack. */
const answered = Symbol('the store has answered');

/** After a failed renewal; sooner for short leases. */
const retryMs = 1_000;

/**
 * Renews a lease every third of its TTL, sooner after a failure, until it is lost: gone by the store's word, or
 * not renewed for a whole TTL by our clock. Answers why it was lost; `undefined` when `stop` fired.
 */
export async function renewUntilLost(
  deps: RenewDeps,
  lease: Renewable,
  stop: AbortSignal,
): Promise<string | undefined> {
  let { since, ttlSeconds } = lease;
  let waitMs = thirdOf(ttlSeconds);
  while (!stop.aborted) {
    const endsAt = since + ttlSeconds * 1_000;
    await deps.clock.sleep(Math.min(waitMs, endsAt - deps.clock.monotonic()), stop);
    if (stop.aborted) break;
    const sentAt = deps.clock.monotonic();
    const answer = await renewBefore(deps, lease.id, endsAt, stop);
    if (stop.aborted) break;
    switch (answer.kind) {
      case 'renewed':
        since = sentAt;
        ttlSeconds = answer.ttlSeconds;
        waitMs = thirdOf(ttlSeconds);
        break;
      case 'failed':
        if (!isAway(answer.error)) throw answer.error;
        deps.log.debug('lease not renewed', { lease: lease.id.toString(16), reason: answer.error.message });
        waitMs = Math.min(retryMs, thirdOf(ttlSeconds) / 3);
        break;
      case 'gone':
        return 'the store does not know it any more';
      case 'too-late':
        return `the store did not renew it for ${ttlSeconds} s`;
    }
  }
  return undefined;
}

function thirdOf(ttlSeconds: number): number {
  return (ttlSeconds * 1_000) / 3;
}

/** One renewal, given up when the lease has run out: an answer after that is worth nothing. */
async function renewBefore(deps: RenewDeps, id: LeaseId, endsAt: number, stop: AbortSignal): Promise<Answer> {
  const leftMs = endsAt - deps.clock.monotonic();
  if (leftMs <= 0) return { kind: 'too-late' };
  const enough = new AbortController();
  const either = AbortSignal.any([stop, enough.signal]);
  const renewal = deps.kv.keepAlive(id).then(
    (ttlSeconds): Answer => (ttlSeconds === undefined ? { kind: 'gone' } : { kind: 'renewed', ttlSeconds }),
    (error: unknown): Answer => ({ kind: 'failed', error }),
  );
  const expiry = deps.clock.sleep(leftMs, either).then((): Answer => ({ kind: 'too-late' }));
  const answer = await Promise.race([renewal, expiry]);
  enough.abort(answered);
  return answer;
}
