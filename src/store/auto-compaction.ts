// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import { isMusterError } from '../model/index.js';

/** Which old revisions the store forgets by itself; as etcd's `--auto-compaction-mode` and `-retention`. */
export type AutoCompaction =
  /** Keeps about so many of the newest revisions. */
  | { readonly mode: 'revision'; readonly retention: number }
  /** Keeps what was the newest at some moment of the last so many milliseconds. */
  | { readonly mode: 'periodic'; readonly retentionMs: number };

export interface AutoCompactionDeps {
  readonly clock: Clock;
  readonly log: Log;
  revision(): number;
  compact(revision: number): Promise<unknown>;
}

const hourMs = 3_600_000;
const revisionModeIntervalMs = 300_000;
const looksAPeriod = 10;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: hourMs };

/**
 * Reads the two flags of etcd: a plain number is hours when periodic, revisions otherwise; periodic also takes a
 * duration (`90m`, `1h30m`). `undefined`: switched off by a retention of 0; `'invalid'`: it is none of these.
 */
export function parseAutoCompaction(mode: string, retention: string): AutoCompaction | undefined | 'invalid' {
  if (mode !== 'revision' && mode !== 'periodic') return 'invalid';
  const amount = /^\d+$/.test(retention) ? Number(retention) : undefined;
  if (amount !== undefined && !Number.isSafeInteger(amount * hourMs)) return 'invalid';
  if (mode === 'revision') {
    if (amount === undefined) return 'invalid';
    return amount === 0 ? undefined : { mode, retention: amount };
  }
  const retentionMs = amount === undefined ? durationMs(retention) : amount * hourMs;
  if (retentionMs === undefined) return 'invalid';
  return retentionMs === 0 ? undefined : { mode, retentionMs };
}

/** Go's form, in whole or broken numbers with a unit each. */
function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined;
}

/** Compacts until `signal` fires (etcd, server/etcdserver/api/v3compactor, 3.5). A failure is tried again. */
export function runAutoCompaction(
  deps: AutoCompactionDeps,
  options: AutoCompaction,
  signal: AbortSignal,
): Promise<void> {
  return options.mode === 'revision'
    ? runByRevision(deps, options.retention, signal)
    : runByTime(deps, options.retentionMs, signal);
}

/** Looks every five minutes. */
async function runByRevision(
  deps: AutoCompactionDeps,
  retention: number,
  signal: AbortSignal,
): Promise<void> {
  for (let done = 0; !signal.aborted; ) {
    await deps.clock.sleep(revisionModeIntervalMs, signal);
    const wanted = deps.revision() - retention;
    if (signal.aborted || wanted <= 0 || wanted === done) continue;
    if (await compactTo(deps, wanted)) done = wanted;
  }
}

/**
 * Notes the newest revision ten times a period, a long period counting as hours, and compacts once a period to the
 * one that was noted a whole retention ago. The first time comes after a whole retention.
 */
async function runByTime(deps: AutoCompactionDeps, retentionMs: number, signal: AbortSignal): Promise<void> {
  const periodMs = Math.min(retentionMs, hourMs);
  const lookMs = periodMs / looksAPeriod;
  const kept = Math.floor(retentionMs / lookMs) + 1;
  const noted: number[] = [];
  const state = { doneAt: deps.clock.monotonic(), done: 0 };
  while (!signal.aborted) {
    noted.push(deps.revision());
    if (noted.length > kept) noted.shift();
    await deps.clock.sleep(lookMs, signal);
    const now = deps.clock.monotonic();
    const wanted = noted[0] ?? 0;
    if (signal.aborted || noted.length < kept - 1 || now - state.doneAt < periodMs) continue;
    if (wanted <= 1 || wanted === state.done || (await compactTo(deps, wanted))) {
      state.done = wanted;
      state.doneAt = now;
    }
  }
}

/** Somebody else may have compacted further, which will do. */
async function compactTo({ compact, log }: AutoCompactionDeps, revision: number): Promise<boolean> {
  try {
    await compact(revision);
    log.info('compacted by itself', { revision });
    return true;
  } catch (error) {
    if (isMusterError(error, 'etcd/compacted')) return true;
    log.warn('compacting by itself failed', { revision, reason: String(error) });
    return false;
  }
}
