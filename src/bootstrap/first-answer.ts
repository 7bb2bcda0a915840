// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../effects/index.js';

/**
 * Asks one after another and returns the first answer that came without an error; `undefined` when all failed or
 * `signal` fired. The next is asked as soon as one fails, or has kept it waiting for `patienceMs`: one that never answers
 * costs that much and no more. Questions that are still open are cancelled by the signal they were given.
 */
export async function firstAnswer<S, T>(
  deps: { readonly clock: Clock; readonly patienceMs: number },
  sources: readonly S[],
  ask: (source: S, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const aborted = deps.clock.sleep(2 ** 31 - 1, until);
  const found: { value?: { readonly answer: T } } = {};
  const open = new Set<Promise<void>>();
  try {
    for (const source of sources) {
      const turn = new AbortController();
      const asking = ask(source, until).then(
        (answer) => {
          found.value ??= { answer };
          done.abort();
        },
        () => turn.abort(),
      );
      open.add(asking);
      asking.finally(() => open.delete(asking));
      await deps.clock.sleep(deps.patienceMs, AbortSignal.any([until, turn.signal]));
      if (until.aborted) break;
    }
    while (open.size > 0 && !until.aborted) await Promise.race([...open, aborted]);
    return found.value?.answer;
  } finally {
    done.abort();
  }
}
