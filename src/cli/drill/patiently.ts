// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';

const tries = 300;
const pauseMs = 100;

/**
 * A drill outlives the control process: what that is asked for is asked for again, for half a minute, while it is away.
 * Only for what may be done twice.
 */
export async function patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (left === 0 || signal.aborted || !isMusterError(error) || error.retry === 'never') throw error;
    }
    await realClock.sleep(pauseMs, signal);
  }
}
