// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../../effects/index.js';

/** Time that goes from one thing that happens to the next, and stands still in between. */
export interface Timeline extends Clock {
  /** Calls `event` once, in so many milliseconds. What is due at the same time keeps its order. */
  after(ms: number, event: () => void): void;
  /** Goes on to what is next; all that waits for nothing else is done when it resolves. */
  step(): Promise<void>;
}

/** What is nearer together than this happens at the same time. */
const grainMs = 10;

export function openTimeline(): Timeline {
  const state = { now: 1_000_000, hasWoken: false };
  const events: { readonly at: number; readonly event: () => void }[] = [];
  const after = (ms: number, event: () => void) => {
    const at = Math.ceil((state.now + Math.max(0, ms)) / grainMs) * grainMs;
    const index = events.findLastIndex((other) => other.at <= at);
    events.splice(index + 1, 0, { at, event });
  };
  return {
    now: () => state.now,
    monotonic: () => state.now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          signal?.removeEventListener('abort', wake);
          state.hasWoken = true;
          resolve();
        };
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', wake, { once: true });
        after(ms, wake);
      }),
    async step() {
      const next = events[0]?.at ?? state.now;
      state.now = next;
      for (let due = events[0]; due !== undefined && due.at <= next; due = events[0]) {
        events.shift();
        due.event();
      }
      if (!state.hasWoken) return;
      state.hasWoken = false;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
