// SPDX-License-Identifier: Apache-2.0

import type { LeaseId } from '../model/index.js';
import type { Span } from './key.js';
import { sortedMap } from './sorted-map.js';

/** One write of one key. The value lies in the backend under (revision, sub). */
export interface KeyVersion {
  readonly revision: number;
  /** Place among the writes of the same revision. */
  readonly sub: number;
  /** 0: this write deleted the key. */
  readonly createRevision: number;
  /** 0: this write deleted the key. */
  readonly version: number;
  readonly lease: LeaseId;
  /** The stored record, as long as the backend may not have it yet. */
  record: Uint8Array | undefined;
}

/** The writes of one key; never empty, ordered by (revision, sub). */
export type History = KeyVersion[];

/**
 * Every key with its kept history, in key order, in memory: what a read, a compare or a delete needs to find
 * keys and revisions without touching the backend. Costs some 200 bytes a key and 80 a version.
 */
export interface KeyIndex {
  /** The key as it was at `revision`, written by then and not deleted. */
  at(key: string, revision: number): KeyVersion | undefined;
  /** The same for each key of the span in order; ends early when `visit` returns false. */
  each(span: Span, revision: number, visit: (key: string, version: KeyVersion) => boolean): void;
  /** All kept writes of `key` from `revision` on, deletes included. */
  since(key: string, revision: number): readonly KeyVersion[];
  /**
   * The key as it was before the revision of `version`, which watchers get with it; `undefined` when it did not
   * exist, when that was compacted away, or when `version` created it anew.
   */
  before(key: string, version: KeyVersion): KeyVersion | undefined;
  add(key: string, version: KeyVersion): void;
  /** Takes back the newest write of `key`. */
  removeNewest(key: string): void;
  /**
   * Forgets what nobody may read once `revision` is the oldest readable one, for up to `limit` keys from `from`.
   * Returns what was forgotten and the key to go on from, `undefined` at the end.
   */
  compact(revision: number, from: string, limit: number): CompactedSlice;
}

export interface CompactedSlice {
  readonly forgotten: readonly KeyVersion[];
  readonly next: string | undefined;
}

/** @param initial becomes the index's own */
export function keyIndex(initial: ReadonlyMap<string, History> = new Map()): KeyIndex {
  const histories = sortedMap(initial);
  return {
    at: (key, revision) => versionAt(histories.get(key), revision),
    each(span, revision, visit) {
      histories.scan(span.from, span.to, (key, history) => {
        const version = versionAt(history, revision);
        return version === undefined || visit(key, version);
      });
    },
    since(key, revision) {
      const history = histories.get(key) ?? [];
      return history.slice(firstFrom(history, revision));
    },
    before(key, version) {
      if (version.createRevision === version.revision) return undefined;
      const history = histories.get(key) ?? [];
      const previous = history[firstFrom(history, version.revision) - 1];
      return previous === undefined || isDelete(previous) ? undefined : previous;
    },
    add(key, version) {
      const history = histories.get(key);
      if (history === undefined) histories.set(key, [version]);
      else history.push(version);
    },
    removeNewest(key) {
      const history = histories.get(key);
      history?.pop();
      if (history?.length === 0) histories.delete(key);
    },
    compact(revision, from, limit) {
      const forgotten: KeyVersion[] = [];
      const emptied: string[] = [];
      const progress = { left: limit, next: undefined as string | undefined };
      histories.scan(from, undefined, (key, history) => {
        if (progress.left === 0) {
          progress.next = key;
          return false;
        }
        progress.left -= 1;
        for (const version of history.splice(0, countForgotten(history, revision))) forgotten.push(version);
        if (history.length === 0) emptied.push(key);
        return true;
      });
      for (const key of emptied) histories.delete(key);
      return { forgotten, next: progress.next };
    },
  };
}

export function isDelete(version: KeyVersion): boolean {
  return version.version === 0;
}

function versionAt(history: History | undefined, revision: number): KeyVersion | undefined {
  if (history === undefined) return undefined;
  const newest = history[history.length - 1];
  const found =
    newest !== undefined && newest.revision <= revision
      ? newest
      : history[firstFrom(history, revision + 1) - 1];
  return found === undefined || isDelete(found) ? undefined : found;
}

/** First index whose revision is not below `revision`. */
function firstFrom(history: History, revision: number): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = history[middle];
    if (found !== undefined && found.revision < revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Of the writes up to `revision` only the last is kept, and that not when it is a delete of an older revision.
 * A delete at `revision` itself stays, so that a watch from there still sees it (etcd since 3.5.18).
 */
function countForgotten(history: History, revision: number): number {
  const upTo = firstFrom(history, revision + 1);
  const last = history[upTo - 1];
  if (last === undefined) return 0;
  return isDelete(last) && last.revision < revision ? upTo : upTo - 1;
}
