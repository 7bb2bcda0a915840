// SPDX-License-Identifier: Apache-2.0

import type { StoredToken } from './token-record.js';

/**
 * Tokens as they were last read or written here. Each is true of its own revision; writers compare that it still is
 * when they write. Readers may use it only while a watch of the store drops what others have changed.
 */
export interface TokenCache {
  /** For a reader; `undefined` while nobody watches. */
  findLive(token: string): StoredToken | undefined;
  /** For a writer that compares. */
  find(token: string): StoredToken | undefined;
  /** Passed over when the watch is further: it may have told of a change that is missing here. */
  keep(stored: StoredToken): void;
  drop(token: string): void;
  /** The watch has come to `revision`, at which `token` changed. */
  changed(token: string, revision: number): void;
  /** The watch has everything from `revision` on; `undefined`: it was lost. */
  watching(revision: number | undefined): void;
}

/** Beyond it the oldest goes: the machines of one cluster start at one time. */
const maxTokens = 2_000;

export function openTokenCache(): TokenCache {
  const kept = new Map<string, StoredToken>();
  const state: { watched: number | undefined } = { watched: undefined };
  return {
    findLive: (token) => (state.watched === undefined ? undefined : kept.get(token)),
    find: (token) => kept.get(token),
    keep(stored) {
      if (state.watched !== undefined && stored.revision < state.watched) return;
      const known = kept.get(stored.token);
      if (known !== undefined && known.revision > stored.revision) return;
      kept.delete(stored.token);
      kept.set(stored.token, stored);
      const oldest = kept.size > maxTokens ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
    },
    drop: (token) => {
      kept.delete(token);
    },
    changed(token, revision) {
      state.watched = Math.max(state.watched ?? 0, revision);
      const known = kept.get(token);
      if (known !== undefined && known.revision < revision) kept.delete(token);
    },
    watching(revision) {
      state.watched = revision;
      kept.clear();
    },
  };
}
