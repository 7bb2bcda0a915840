// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, ProcessSighting } from '../effects/index.js';
import type { Ending } from './unit-policy.js';

/** A process that serves for a unit and is not a child of this program. */
export interface AdoptedProcess {
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Resolves when it is gone, or `abort` fires. How it ended cannot be known, and counts as clean. */
  watch(abort: AbortSignal): Promise<Ending>;
}

// The kernel tells nobody but its parent of the end of a process, so it has to be looked for.
const idleLookMs = 1_000;
const firstLookMs = 5;

export function adoptProcess(
  deps: { readonly clock: Clock; readonly exec: Exec },
  sighting: ProcessSighting,
): AdoptedProcess {
  let pauseMs = idleLookMs;
  let pause = new AbortController();
  return {
    signal(name) {
      void deps.exec.signal(sighting, name);
      pauseMs = firstLookMs;
      pause.abort();
    },
    async watch(abort) {
      abort.addEventListener('abort', () => pause.abort(), { once: true });
      while (!abort.aborted) {
        pause = new AbortController();
        const seen = await deps.exec.sight(sighting.pid);
        if (seen?.startedAt !== sighting.startedAt) break;
        await deps.clock.sleep(pauseMs, pause.signal);
        pauseMs = Math.min(pauseMs * 2, idleLookMs);
      }
      return { kind: 'exit', exit: { code: 0, signal: undefined }, isFailureIgnored: true };
    },
  };
}
