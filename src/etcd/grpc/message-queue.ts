// SPDX-License-Identifier: Apache-2.0

/** What the consumer of a `MessageQueue` gets next: as in an iterator, values first, then its end. */
type End =
  | { readonly kind: 'open' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * A queue between a writer that is told to wait when it runs ahead, and one reader. Iterating it consumes it;
 * leaving the loop ends it for the writer too.
 */
export class MessageQueue<T> implements AsyncIterable<T> {
  private items: T[] = [];
  private end: End = { kind: 'open' };
  private wakeReader: (() => void) | undefined;
  private wakeWriters: (() => void)[] = [];

  /** @param roomFor items that may wait before the writer is asked to */
  constructor(private readonly roomFor: number) {}

  /** Takes the item in any case, unless the queue has ended. False: wait for `room()` before the next one. */
  push(item: T): boolean {
    if (this.end.kind !== 'open') return true;
    this.items.push(item);
    this.wake();
    return this.items.length < this.roomFor;
  }

  /** Resolves when the reader has caught up, or the queue has ended. */
  room(): Promise<void> {
    if (this.end.kind !== 'open' || this.items.length < this.roomFor) return Promise.resolve();
    return new Promise((resolve) => this.wakeWriters.push(resolve));
  }

  /** The reader still gets what was pushed, then the end. */
  finish(): void {
    if (this.end.kind === 'open') this.end = { kind: 'ended' };
    this.wake();
    this.wakeAllWriters();
  }

  /** The reader still gets what was pushed, then the error. */
  fail(error: unknown): void {
    if (this.end.kind === 'open') this.end = { kind: 'failed', error };
    this.wake();
    this.wakeAllWriters();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const batch = this.items;
        this.items = [];
        if (batch.length > 0) this.wakeAllWriters();
        // Not `yield*`, which would wait once more for each.
        for (const item of batch) yield item;
        if (this.items.length > 0) continue;
        if (this.end.kind === 'failed') throw this.end.error;
        if (this.end.kind === 'ended') return;
        await new Promise<void>((resolve) => {
          this.wakeReader = resolve;
        });
      }
    } finally {
      this.finish();
    }
  }

  private wake(): void {
    this.wakeReader?.();
    this.wakeReader = undefined;
  }

  private wakeAllWriters(): void {
    const waiting = this.wakeWriters;
    this.wakeWriters = [];
    for (const wake of waiting) wake();
  }
}
