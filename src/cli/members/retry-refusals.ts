// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import { isMusterError, type MusterError } from '../../model/index.js';

/**
 * Refused before anything was changed, for a state of the cluster that passes. Nothing else is sent twice: after a
 * lost answer nobody knows whether the change was made.
 */
const passing = new Set([
  'etcd/unhealthy',
  'etcd/member-not-enough-started',
  'etcd/too-many-learners',
  'etcd/learner-not-ready',
]);

const pauseMs = 250;

export interface RetryDeps {
  readonly clock: Clock;
  /** Called before each further try. */
  readonly onRefused: (error: MusterError, leftMs: number) => void;
}

export type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: MusterError };

/**
 * Tries again for `timeoutMs` while etcd refuses for now. `isHopeless` ends it early.
 *
 * @throws whatever else `attempt` throws; the reason of `signal`
 */
export async function retryRefusals<T>(
  { clock, onRefused }: RetryDeps,
  attempt: () => Promise<T>,
  options: { readonly timeoutMs: number; readonly isHopeless?: (error: MusterError) => boolean },
  signal: AbortSignal,
): Promise<Tried<T>> {
  const end = clock.monotonic() + options.timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return { kind: 'done', value: await attempt() };
    } catch (error) {
      if (!isMusterError(error) || !passing.has(error.code)) throw error;
      const leftMs = end - clock.monotonic();
      if (leftMs <= 0 || options.isHopeless?.(error) === true) return { kind: 'refused', error };
      onRefused(error, leftMs);
      await clock.sleep(Math.min(pauseMs, leftMs), signal);
    }
  }
}
