// SPDX-License-Identifier: Apache-2.0

/** Counts changes and wakes those who wait for the next one. */
export interface ChangeCounter {
  step(): void;
  /**
   * Resolves on the next change after `seen` with the new count, at once when there was one already, and with
   * the count as it is when `signal` fires. -1 has seen nothing.
   */
  changed(seen: number, signal: AbortSignal): Promise<number>;
}

export function openChangeCounter(): ChangeCounter {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    step() {
      count += 1;
      for (const wake of [...waiting]) wake();
    },
    changed: (seen, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve(count);
        };
        if (count > seen || signal.aborted) return wake();
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      }),
  };
}
