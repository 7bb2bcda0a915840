// SPDX-License-Identifier: Apache-2.0

import type { Clock, HttpGet, Log } from '../effects/index.js';
import { fail, messageOf } from './errors.js';

const firstPauseMs = 50;
const lastPauseMs = 5_000;

export interface FetchDeps {
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FetchOptions {
  /** When to give up; never, when left out: a machine is of no use without its user-data. */
  readonly tries?: number;
}

/**
 * Fetches user-data, and waits for a server that is away. `undefined` when `signal` fires first.
 *
 * Source of the pauses and of what is final: coreos-cloudinit f1f0405, pkg/http_client.go; there it gives up
 * after 15 tries.
 * @throws `agent/user-data-refused` for a 4xx answer; `agent/user-data-url`; `agent/user-data-unreachable`
 */
export async function fetchUserData(
  deps: FetchDeps,
  url: string,
  signal: AbortSignal,
  { tries = Number.POSITIVE_INFINITY }: FetchOptions = {},
): Promise<Uint8Array | undefined> {
  if (!/^https?:\/\//.test(url)) throw fail('agent/user-data-url', { url });
  let pauseMs = firstPauseMs;
  for (let tried = 1; !signal.aborted; tried += 1) {
    const answer = await deps.httpGet(url, { signal }).catch((error: unknown) => messageOf(error));
    if (signal.aborted) break;
    if (typeof answer !== 'string') {
      const { status, body } = answer;
      if (status >= 200 && status < 300) return body;
      if (status >= 400 && status < 500) throw fail('agent/user-data-refused', { url, status });
    }
    const why = typeof answer === 'string' ? answer : `status ${answer.status}`;
    if (tried >= tries) throw fail('agent/user-data-unreachable', { url, why, tries });
    deps.log.warn('cannot fetch user-data yet', { url, reason: why, pauseMs });
    await deps.clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, lastPauseMs);
  }
  return undefined;
}
