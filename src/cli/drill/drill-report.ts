// SPDX-License-Identifier: Apache-2.0

import type { Episode } from './episode.js';
import type { LoadReport } from './write-load.js';

/** What `muster drill -o json` prints. Fields are only ever added. */
export interface DrillReport {
  /** What was done: a partition of machines that share a loopback is a `standstill`. */
  readonly fault: Episode['fault'] | 'none';
  readonly episodes: number;
  readonly recovered: number;
  /** Acknowledged writes that are gone; anything but 0 is a defect. */
  readonly lostWrites: number;
  /** Reads that did not find what was acknowledged before they began; anything but 0 is a defect. */
  readonly wrongReads: number;
  readonly acknowledgedWrites: number;
  readonly unknownWrites: number;
  readonly reads: number;
  /** Of the episodes that recovered; 0 when none did. */
  readonly recoveryMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly each: readonly Episode[];
}

export function foldDrill(each: readonly Episode[], load: LoadReport): DrillReport {
  const times = each.filter(({ hasRecovered }) => hasRecovered).map(({ recoveryMs }) => recoveryMs);
  const sorted = times.sort((a, b) => a - b);
  return {
    fault: each[0]?.fault ?? 'none',
    episodes: each.length,
    recovered: sorted.length,
    lostWrites: load.lostWrites,
    wrongReads: load.wrongReads,
    acknowledgedWrites: load.acknowledged,
    unknownWrites: load.unknown,
    reads: load.reads,
    recoveryMs: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? 0 },
    each,
  };
}

/** The smallest value that at least this share of all is not above; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
