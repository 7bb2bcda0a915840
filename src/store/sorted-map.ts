// SPDX-License-Identifier: Apache-2.0

/** A map in key order. Look-ups and changes cost a binary search; not to be changed while it is scanned. */
export interface SortedMap<V> {
  size(): number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  /** False when there was no such key. */
  delete(key: string): boolean;
  /** Visits from ≤ key < to in order, `to` undefined: to the end; ends early when `visit` returns false. */
  scan(from: string, to: string | undefined, visit: (key: string, value: V) => boolean): void;
}

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

// Small enough that a splice costs little, large enough that a million keys make a short list of chunks.
const largestChunk = 512;

/**
 * Sorted chunks of sorted keys: flat arrays suit the processor better than a tree of nodes.
 *
 * @param initial is sorted once, which is much faster than setting each
 */
export function sortedMap<V>(initial: ReadonlyMap<string, V> = new Map()): SortedMap<V> {
  const chunks = chunksOf(initial);
  const counter = { size: initial.size };
  return {
    size: () => counter.size,
    get(key) {
      const chunk = chunks[chunkOf(chunks, key)];
      if (chunk === undefined) return undefined;
      const at = lowerBound(chunk.keys, key);
      return chunk.keys[at] === key ? chunk.values[at] : undefined;
    },
    set(key, value) {
      if (put(chunks, key, value)) counter.size += 1;
    },
    delete(key) {
      const isGone = remove(chunks, key);
      if (isGone) counter.size -= 1;
      return isGone;
    },
    scan: (from, to, visit) => scanChunks(chunks, from, to, visit),
  };
}

/** Half full, so that the first changes need not split. */
function chunksOf<V>(initial: ReadonlyMap<string, V>): Chunk<V>[] {
  const sorted = [...initial.keys()].sort();
  const chunks: Chunk<V>[] = [];
  for (let at = 0; at < sorted.length; at += largestChunk / 2) {
    const chunk: Chunk<V> = { keys: sorted.slice(at, at + largestChunk / 2), values: [] };
    for (const key of chunk.keys) {
      const value = initial.get(key);
      if (value !== undefined) chunk.values.push(value);
    }
    chunks.push(chunk);
  }
  return chunks;
}

/** First index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle];
    if (found !== undefined && found < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the chunk that holds `key`, or would: the last one that does not begin above it. */
function chunkOf<V>(chunks: readonly Chunk<V>[], key: string): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const first = chunks[middle]?.keys[0];
    if (first !== undefined && first <= key) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function put<V>(chunks: Chunk<V>[], key: string, value: V): boolean {
  const index = chunkOf(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) {
    chunks.push({ keys: [key], values: [value] });
    return true;
  }
  const at = lowerBound(chunk.keys, key);
  if (chunk.keys[at] === key) {
    chunk.values[at] = value;
    return false;
  }
  chunk.keys.splice(at, 0, key);
  chunk.values.splice(at, 0, value);
  if (chunk.keys.length > largestChunk) split(chunks, index, chunk, at);
  return true;
}

/** Keys that arrive in order leave full chunks behind them; others are cut in the middle. */
function split<V>(chunks: Chunk<V>[], index: number, chunk: Chunk<V>, at: number): void {
  const isAppend = at === chunk.keys.length - 1;
  const cut = isAppend ? at : chunk.keys.length >>> 1;
  chunks.splice(index + 1, 0, { keys: chunk.keys.splice(cut), values: chunk.values.splice(cut) });
}

function remove<V>(chunks: Chunk<V>[], key: string): boolean {
  const index = chunkOf(chunks, key);
  const chunk = chunks[index];
  if (chunk === undefined) return false;
  const at = lowerBound(chunk.keys, key);
  if (chunk.keys[at] !== key) return false;
  chunk.keys.splice(at, 1);
  chunk.values.splice(at, 1);
  if (chunk.keys.length === 0) chunks.splice(index, 1);
  return true;
}

function scanChunks<V>(
  chunks: readonly Chunk<V>[],
  from: string,
  to: string | undefined,
  visit: (key: string, value: V) => boolean,
): void {
  for (let index = chunkOf(chunks, from); index < chunks.length; index += 1) {
    const chunk = chunks[index];
    if (chunk === undefined) return;
    for (let at = lowerBound(chunk.keys, from); at < chunk.keys.length; at += 1) {
      const key = chunk.keys[at];
      const value = chunk.values[at];
      if (key === undefined || (to !== undefined && key >= to)) return;
      if (value !== undefined && !visit(key, value)) return;
    }
  }
}
