// SPDX-License-Identifier: Apache-2.0

import { type Span, spanHas } from './key.js';

/** Things by the keys that concern them. */
export interface SpanIndex<T> {
  add(span: Span, one: T): void;
  /** Harmless when it is gone already. */
  remove(span: Span, one: T): void;
  /** Calls `give` with each thing whose span holds the key. */
  each(key: string, give: (one: T) => void): void;
}

/**
 * Most watches are on one key or on one prefix, as a machine's is on its own orders; a change must not cost a look at
 * each of them. Cost of a look: one for each length that a prefix has, and one for each span that is neither.
 */
export function openSpanIndex<T>(): SpanIndex<T> {
  const onKey = new Map<string, Set<T>>();
  const onPrefix = new Map<string, Set<T>>();
  /** How many prefixes have a length. */
  const lengths = new Map<number, number>();
  const onSpan = new Map<T, Span>();
  return {
    add(span, one) {
      if (span.isPoint) addTo(onKey, span.from, one);
      else if (!isPrefix(span)) onSpan.set(one, span);
      else if (addTo(onPrefix, span.from, one)) {
        const { length } = span.from;
        lengths.set(length, (lengths.get(length) ?? 0) + 1);
      }
    },
    remove(span, one) {
      if (span.isPoint) removeFrom(onKey, span.from, one);
      else if (!isPrefix(span)) onSpan.delete(one);
      else if (removeFrom(onPrefix, span.from, one)) {
        const { length } = span.from;
        const left = (lengths.get(length) ?? 0) - 1;
        if (left > 0) lengths.set(length, left);
        else lengths.delete(length);
      }
    },
    each(key, give) {
      for (const one of onKey.get(key) ?? []) give(one);
      for (const length of lengths.keys()) {
        if (length <= key.length) for (const one of onPrefix.get(key.slice(0, length)) ?? []) give(one);
      }
      for (const [one, span] of onSpan) if (spanHas(span, key)) give(one);
    },
  };
}

/** Whether it holds just the keys that begin with `from`. */
function isPrefix({ from, to }: Span): boolean {
  if (to === undefined || from.length === 0 || to.length !== from.length) return false;
  const last = from.length - 1;
  return to.charCodeAt(last) === from.charCodeAt(last) + 1 && to.startsWith(from.slice(0, last));
}

/** True when it is the first under its key. */
function addTo<T>(map: Map<string, Set<T>>, key: string, one: T): boolean {
  const found = map.get(key);
  if (found === undefined) map.set(key, new Set([one]));
  else found.add(one);
  return found === undefined;
}

/** True when it was the last under its key. */
function removeFrom<T>(map: Map<string, Set<T>>, key: string, one: T): boolean {
  const found = map.get(key);
  return found?.delete(one) === true && found.size === 0 && map.delete(key);
}
