// SPDX-License-Identifier: Apache-2.0

import type { Backend } from './backend.js';
import { fail } from './errors.js';
import { memoryBackend } from './memory-backend.js';

/** For tests: memory that outlives a store's close, and a disk that is full when told. */
export interface FaultyBackend extends Backend {
  failNext(error?: unknown): void;
  heal(): void;
}

export function faultyBackend(): FaultyBackend {
  const memory = memoryBackend();
  const state: { error: unknown } = { error: undefined };
  return {
    ...memory,
    commit: (writes) => (state.error === undefined ? memory.commit(writes) : Promise.reject(state.error)),
    failNext(error = fail('store/disk-full', { folder: 'memory' })) {
      state.error = error;
    },
    heal() {
      state.error = undefined;
    },
  };
}
