// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../effects/index.js';
import type { WatchHub } from './watch-hub.js';

/** Asks every watch that wants it, and that had nothing to say since the last time, for a `progress` message. */
export async function runProgress(
  clock: Clock,
  hub: WatchHub,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    if (signal.aborted) return;
    for (const watcher of hub.all()) {
      if (watcher.wantsPeriodicProgress && watcher.isQuiet) {
        watcher.wantsProgress = true;
        watcher.wake();
      }
      watcher.isQuiet = true;
    }
  }
}
