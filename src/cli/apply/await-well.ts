// SPDX-License-Identifier: Apache-2.0

import { timeLimit } from '../../effects/index.js';
import type { ClusterSnapshot, Registry } from '../../registry/index.js';
import type { Verdict } from './judge-machine.js';

export interface GateLimits {
  readonly timeoutMs: number;
  /** How long a machine has to be well without a break. */
  readonly settleMs: number;
}

const away: Verdict = { kind: 'waiting', why: 'the store does not answer' };

/**
 * Waits until `judge` has called the machine well for as long as it has to be, or bad, or the time is up; returns why
 * it is not well, or nothing.
 */
export async function awaitWell(
  registry: Pick<Registry, 'watch'>,
  judge: (snapshot: ClusterSnapshot) => Verdict,
  { timeoutMs, settleMs }: GateLimits,
  signal: AbortSignal,
): Promise<string | undefined> {
  const timeUp = timeLimit(timeoutMs, signal);
  let last: Verdict = away;
  while (!timeUp.aborted) {
    last = await until(registry, judge, ({ kind }) => kind !== 'waiting', timeUp, last);
    if (last.kind === 'bad') return last.why;
    if (last.kind === 'waiting') break;
    last = await until(registry, judge, ({ kind }) => kind !== 'well', timeLimit(settleMs, signal), last);
    if (last.kind === 'bad') return last.why;
    if (last.kind === 'well') return signal.aborted ? 'interrupted' : undefined;
  }
  if (signal.aborted) return 'interrupted';
  const why = last.kind === 'waiting' ? last.why : 'it is well, and then it is not, again and again';
  return `not well after ${timeoutMs / 1000} s: ${why}`;
}

/** The first verdict that `isWanted`, or the last one when `signal` fires. */
async function until(
  registry: Pick<Registry, 'watch'>,
  judge: (snapshot: ClusterSnapshot) => Verdict,
  isWanted: (verdict: Verdict) => boolean,
  signal: AbortSignal,
  before: Verdict,
): Promise<Verdict> {
  let last = before;
  for await (const view of registry.watch(signal)) {
    // What was seen last may not be so any more.
    last = view.kind === 'away' ? away : judge(view.snapshot);
    if (isWanted(last)) break;
  }
  return last;
}
