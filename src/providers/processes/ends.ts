// SPDX-License-Identifier: Apache-2.0

import type { ProcessSighting } from '../../effects/index.js';
import type { MachineEnd } from '../provider.js';

/** The end of one machine process; the process tells apart two ends of the same machine. */
export interface ProcessEnd extends MachineEnd {
  readonly main: ProcessSighting;
}

/** Tells every listener about machines that ended, each in order. */
export interface Ends {
  tell(end: ProcessEnd): void;
  /** Begins to listen at once; nothing that is told from now on is missed. */
  listen(): EndListener;
}

export interface EndListener {
  put(end: ProcessEnd): void;
  /** Until `signal` fires; then it listens no more. */
  read(signal: AbortSignal): AsyncIterable<ProcessEnd>;
}

export function openEnds(): Ends {
  const listeners = new Set<EndListener>();
  return {
    tell(end) {
      for (const listener of listeners) listener.put(end);
    },
    listen() {
      const listener = openListener(() => listeners.delete(listener));
      listeners.add(listener);
      return listener;
    },
  };
}

function openListener(onClose: () => void): EndListener {
  const waiting: ProcessEnd[] = [];
  let wake = () => {};
  return {
    put(end) {
      waiting.push(end);
      wake();
    },
    async *read(signal) {
      const onAbort = () => wake();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        while (!signal.aborted) {
          const end = waiting.shift();
          if (end !== undefined) yield end;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        onClose();
      }
    },
  };
}
