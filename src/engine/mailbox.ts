// SPDX-License-Identifier: Apache-2.0

/** Many writers, one reader: what is put in comes out in order. */
export interface Mailbox<T> {
  put(message: T): void;
  /** Everything that is there, at least one message; `undefined` once `signal` fired. */
  takeAll(signal: AbortSignal): Promise<readonly T[] | undefined>;
}

export function openMailbox<T>(): Mailbox<T> {
  let waiting: T[] = [];
  let wake: (() => void) | undefined;
  return {
    put(message) {
      waiting.push(message);
      wake?.();
    },
    async takeAll(signal) {
      if (waiting.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            signal.removeEventListener('abort', done);
            wake = undefined;
            resolve();
          };
          wake = done;
          signal.addEventListener('abort', done, { once: true });
        });
      }
      if (signal.aborted) return undefined;
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}
