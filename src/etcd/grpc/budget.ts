// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';

/**
 * Bytes of one connection that may wait in this process: requests that are not answered yet, or answers that were
 * not read. One stream is bounded by the size of a message; this bounds thousands of them.
 */
export class Budget {
  private takenBytes = 0;
  private waiting: (() => void)[] = [];

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
    this.waiting = [];
    for (const go of waiting) go();
  }

  /** Resolves when the limit is not reached; `undefined`, without a turn of the loop, when it is not now. */
  room(): Promise<void> | undefined {
    if (this.takenBytes < this.limitBytes) return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
