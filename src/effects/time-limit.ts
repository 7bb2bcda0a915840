// SPDX-License-Identifier: Apache-2.0

/**
 * Fires after `ms`, or when `signal` does. It does not keep the process alive. Its timer holds on to it, where Node 20 may
 * collect what `AbortSignal.any` makes of an `AbortSignal.timeout` before it fires.
 */
export function timeLimit(ms: number, signal?: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    limit.abort();
  };
  const timer = setTimeout(end, ms);
  timer.unref();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  return limit.signal;
}
