// SPDX-License-Identifier: Apache-2.0

import type { ByteSource } from '../../effects/index.js';
import type { LeafCell } from './page.js';
import { openPages, type PageReader } from './page-reader.js';
import { parseTreePage } from './read-page.js';

/** A bbolt database, read with distrust: whatever is wrong with it is thrown as a plain `Error` that says so. */
export interface Database {
  /** In order. */
  readonly buckets: readonly string[];
  /** What is in a bucket, in order of keys, a page at a time; nothing for one that is not there. Once for each bucket. */
  entries(bucket: string): AsyncGenerator<readonly LeafCell[]>;
}

/** Deeper than any tree whose pages fit on a disk. */
const maxDepth = 32;
const mostBuckets = 1000;
const bucketHeadBytes = 16;

/** Cost: reads the pages of the root. @param sizeBytes of the database, without what follows it */
export async function openDatabase(source: ByteSource, sizeBytes: number): Promise<Database> {
  const pages = await openPages(source, sizeBytes);
  const buckets = new Map<string, Uint8Array>();
  for await (const cells of treeFrom(pages, pages.meta.rootPage)) {
    for (const { key, value, isBucket } of cells) {
      if (!isBucket) continue;
      if (value.length > pages.meta.pageBytes)
        throw new Error('it has a bucket that is too large for its place');
      buckets.set(Buffer.from(key).toString('latin1'), Uint8Array.from(value));
      if (buckets.size > mostBuckets) throw new Error('it has more buckets than any etcd');
    }
  }
  return {
    buckets: [...buckets.keys()],
    async *entries(name) {
      const value = buckets.get(name);
      if (value === undefined) return;
      for await (const cells of bucketFrom(pages, Buffer.from(value), name)) {
        if (cells.some(({ isBucket }) => isBucket)) throw new Error(`bucket "${name}" has buckets in it`);
        yield cells;
      }
    },
  };
}

/** A bucket is a page of its own, or lies in the value of its key. */
async function* bucketFrom(
  pages: PageReader,
  value: Buffer,
  name: string,
): AsyncGenerator<readonly LeafCell[]> {
  if (value.length < bucketHeadBytes) throw new Error(`bucket "${name}" has no head`);
  const root = Number(value.readBigUInt64LE(0));
  if (root !== 0) return yield* treeFrom(pages, root);
  const page = parseTreePage(value.subarray(bucketHeadBytes), `bucket "${name}"`);
  if (page.kind !== 'leaf') throw new Error(`bucket "${name}" leads out of itself`);
  yield* inOrder([page.cells]);
}

function treeFrom(pages: PageReader, root: number): AsyncGenerator<readonly LeafCell[]> {
  return inOrder(leavesBelow(pages, root, 0));
}

/** Only the root of a tree may be empty: each other leaf brings a new key, so that the way through it has an end. */
async function* leavesBelow(
  pages: PageReader,
  id: number,
  depth: number,
): AsyncGenerator<readonly LeafCell[]> {
  if (depth > maxDepth) throw new Error(`page ${id} is deeper than any tree`);
  const page = parseTreePage(await pages.read(id), `page ${id}`);
  if (page.kind === 'branch') {
    for (const cell of page.cells) yield* leavesBelow(pages, cell.page, depth + 1);
    return;
  }
  if (page.cells.length === 0 && depth > 0) throw new Error(`page ${id} is empty`);
  yield page.cells;
}

/** Keys have to rise all the way. */
async function* inOrder(
  leaves: AsyncIterable<readonly LeafCell[]> | Iterable<readonly LeafCell[]>,
): AsyncGenerator<readonly LeafCell[]> {
  let last: Uint8Array | undefined;
  for await (const cells of leaves) {
    for (const { key } of cells) {
      if (last !== undefined && Buffer.compare(last, key) >= 0) throw new Error('its keys are not in order');
      last = key;
    }
    yield cells;
  }
}
