// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../effects/index.js';
import type { Backend } from './backend.js';

/** A backend to commit to, and who wants to know how long it took. */
export interface CommitTimes extends Pick<Backend, 'commit' | 'turn'> {
  /** Called with the seconds of each commit from now on. */
  follow(observe: (seconds: number) => void): void;
}

export function commitTimes(backend: Backend, clock: Clock): CommitTimes {
  const observers: ((seconds: number) => void)[] = [];
  return {
    turn: () => backend.turn(),
    async commit(writes) {
      const start = clock.monotonic();
      await backend.commit(writes);
      for (const observe of observers) observe((clock.monotonic() - start) / 1000);
    },
    follow(observe) {
      observers.push(observe);
    },
  };
}
