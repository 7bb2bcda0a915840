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

/**
 * Fetches user-data, and waits as long as it takes for a server that is away: a machine is of no use without it.
 * `undefined` when `signal` fires first.
 *
 * Source of the pauses and of what is final: coreos-cloudinit f1f0405, pkg/http_client.go; there it gives up
 * after 15 tries.
 * @throws `agent/user-data-refused` for a 4xx answer; `agent/user-data-url`
 */
export async function fetchUserData(
  deps: FetchDeps,
  url: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!/^https?:\/\//.test(url)) throw fail('agent/user-data-url', { url });
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, lastPauseMs)) {
    const answer = await deps.httpGet(url, { signal }).catch((error: unknown) => messageOf(error));
    if (signal.aborted) break;
    if (typeof answer !== 'string') {
      const { status, body } = answer;
      if (status >= 200 && status < 300) return body;
      if (status >= 400 && status < 500) throw fail('agent/user-data-refused', { url, status });
    }
    const reason = typeof answer === 'string' ? answer : `status ${answer.status}`;
    deps.log.warn('cannot fetch user-data yet', { url, reason, pauseMs });
    await deps.clock.sleep(pauseMs, signal);
  }
  return undefined;
}
