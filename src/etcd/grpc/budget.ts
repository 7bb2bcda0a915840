// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';

/**
 * Bytes of one connection that may wait in this process: requests that are not answered yet, or answers that were
 * not read. One stream is bounded by the size of a message; this bounds thousands of them.
 */
export class Budget {
  private takenBytes = 0;
  private waiting = new Set<() => void>();

  constructor(private readonly limitBytes: number) {}

  /** @throws `etcd/exhausted` when there is no room for them; nothing is taken then */
  take(bytes: number): void {
    if (this.takenBytes + bytes > this.limitBytes) {
      throw fail('etcd/exhausted', { reason: `${this.limitBytes} bytes wait on this connection` });
    }
    this.takenBytes += bytes;
  }

  /** For what exists already, beyond the limit if need be. */
  add(bytes: number): void {
    this.takenBytes += bytes;
  }

  give(bytes: number): void {
    this.takenBytes -= bytes;
    if (this.takenBytes >= this.limitBytes) return;
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const go of waiting) go();
  }

  /**
   * Resolves when the limit is not reached, or the signal fires; `undefined`, without a turn of the loop, when there is
   * nothing to wait for. All who wait are told at once: who must not go beyond the limit looks again.
   */
  room(signal?: AbortSignal): Promise<void> | undefined {
    if (this.takenBytes < this.limitBytes || signal?.aborted === true) return undefined;
    return new Promise((resolve) => {
      const go = () => {
        this.waiting.delete(go);
        signal?.removeEventListener('abort', go);
        resolve();
      };
      this.waiting.add(go);
      signal?.addEventListener('abort', go, { once: true });
    });
  }
}
