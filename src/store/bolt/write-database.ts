// SPDX-License-Identifier: Apache-2.0

import type { Entry } from '../view-slices.js';
import { encodeMeta } from './meta-page.js';
import { encodeHead, pageBytes, pageKinds } from './page.js';
import { type PageSink, treeWriter, type WrittenTree } from './tree-writer.js';

/** A bucket and what is in it, in order of keys. Read once for each time the database is measured or written. */
export interface BucketContent {
  readonly name: string;
  entries(): AsyncIterable<readonly Entry[]>;
}

/** What has to be known of a database before its first page is written. */
export interface DatabaseLayout {
  readonly pageCount: number;
  readonly rootPage: number;
}

const freelistPage = 2;
const firstFreePage = 3;
const chunkBytes = 256 * 1024;

/** Goes through everything as `writeDatabase` does, and writes nothing. */
export async function measureDatabase(buckets: Iterable<BucketContent>): Promise<DatabaseLayout> {
  const counted = { pages: firstFreePage };
  const sink: PageSink = {
    add(pageCount) {
      const id = counted.pages;
      counted.pages += pageCount;
      return id;
    },
  };
  const pages = treesOf(buckets, sink);
  for (let step = await pages.next(); ; step = await pages.next()) {
    if (step.done === true) return { pageCount: counted.pages, rootPage: step.value };
  }
}

/**
 * A bbolt database in one pass: two meta pages, an empty list of free pages, the trees of the buckets, one after the
 * other, each level of a tree behind the pages below it, and the root at the end.
 *
 * @param buckets in order of their names
 * @param layout of these very buckets
 */
export async function* writeDatabase(
  buckets: Iterable<BucketContent>,
  layout: DatabaseLayout,
): AsyncGenerator<Uint8Array> {
  const chunk: { pages: Uint8Array[]; bytes: number } = { pages: [], bytes: 0 };
  const written = { pages: 0 };
  const sink: PageSink = {
    add(pageCount, encode) {
      const id = written.pages;
      written.pages += pageCount;
      chunk.pages.push(encode(id));
      chunk.bytes += pageCount * pageBytes;
      return id;
    },
  };
  const take = () => {
    const all = Buffer.concat(chunk.pages);
    chunk.pages = [];
    chunk.bytes = 0;
    return all;
  };
  writeHead(sink, layout);
  const pages = treesOf(buckets, sink);
  for (let step = await pages.next(); ; step = await pages.next()) {
    if (chunk.bytes >= chunkBytes) yield take();
    if (step.done !== true) continue;
    yield take();
    const isAsMeasured = written.pages === layout.pageCount && step.value === layout.rootPage;
    if (!isAsMeasured) throw new Error('the database became another one while it was written');
    return;
  }
}

function writeHead(sink: PageSink, layout: DatabaseLayout): void {
  const meta = { ...layout, pageBytes, freelistPage };
  sink.add(1, () => encodeMeta(0, { ...meta, transaction: 2 }));
  sink.add(1, () => encodeMeta(1, { ...meta, transaction: 1 }));
  sink.add(1, (id) => encodeHead(id, pageKinds.freelist, 0, pageBytes));
}

/** Yields now and then, so that what the sink got can be passed on. Returns the page of the root. */
async function* treesOf(buckets: Iterable<BucketContent>, sink: PageSink): AsyncGenerator<undefined, number> {
  const root = treeWriter(sink);
  for (const { name, entries } of buckets) {
    const tree = treeWriter(sink);
    for await (const slice of entries()) {
      for (const { key, value } of slice) tree.add({ key, value, isBucket: false });
      yield;
    }
    root.add({ key: Buffer.from(name), value: encodeBucket(tree.finish(true)), isBucket: true });
  }
  const written = root.finish(false);
  if (written.kind === 'inline') throw new Error('a root without a page');
  return written.page;
}

/** Page of the root and sequence; page 0: the leaf follows. Source: etcd-io/bbolt bucket.go (1.3) */
function encodeBucket(tree: WrittenTree): Uint8Array {
  const head = Buffer.alloc(16);
  if (tree.kind === 'inline') return Buffer.concat([head, tree.leaf]);
  head.writeBigUInt64LE(BigInt(tree.page), 0);
  return head;
}
