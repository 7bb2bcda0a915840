// SPDX-License-Identifier: Apache-2.0

import type { ByteSource } from '../../effects/index.js';
import { findMeta, type MetaPage, metaBytes } from './meta-page.js';
import { headBytes } from './page.js';

/** The pages of a database that somebody wrote, sound or not. What is wrong is thrown as a plain `Error` that says it. */
export interface PageReader {
  readonly meta: MetaPage;
  /**
   * The page and those that belong to it, as one. Each is in one place only, so it is given once: a file does not make
   * more of itself than it is long.
   */
  read(id: number): Promise<Buffer>;
}

/** Where the second meta page may be; the size is the system's on which the database was made. */
const pageSizes = [4096, 8192, 16_384, 32_768, 65_536, 2048, 1024];
/** Far above what a request may hold; a damaged length must not fill the memory. */
const largestPageBytes = 256 * 1024 * 1024;

/**
 * Finds the newest sound meta page and reads pages, nearby ones together.
 *
 * @param sizeBytes of the database, which may be followed by other bytes
 */
export async function openPages(source: ByteSource, sizeBytes: number): Promise<PageReader> {
  const meta = await readMeta(source, sizeBytes);
  const size = meta.pageBytes;
  if (meta.pageCount * size > sizeBytes) {
    const has = Math.floor(sizeBytes / size);
    throw new Error(`it is cut off: ${meta.pageCount} pages belong to it, ${has} are there`);
  }
  const blocks = blockReader(source, meta.pageCount * size);
  const given = new Uint8Array(meta.pageCount);
  return {
    meta,
    async read(id) {
      if (!(id >= 2 && id < meta.pageCount)) throw new Error(`page ${id} is none of its pages`);
      const head = await blocks.read(id * size, size);
      const found = head.readBigUInt64LE(0);
      if (found !== BigInt(id)) throw new Error(`page ${id} says that it is page ${found}`);
      const pageCount = 1 + head.readUInt32LE(12);
      if (id + pageCount > meta.pageCount) throw new Error(`page ${id} goes beyond the last page`);
      if (given.subarray(id, id + pageCount).includes(1)) throw new Error(`page ${id} is in two places`);
      given.fill(1, id, id + pageCount);
      if (pageCount === 1) return head;
      if (pageCount * size > largestPageBytes) throw new Error(`page ${id} is ${pageCount} pages long`);
      return source.read(id * size, pageCount * size);
    },
  };
}

async function readMeta(source: ByteSource, sizeBytes: number): Promise<MetaPage> {
  const found: MetaPage[] = [];
  for (const at of [0, ...pageSizes]) {
    if (at + metaBytes > sizeBytes) continue;
    const meta = findMeta(await source.read(at, metaBytes));
    if (meta === undefined || !pageSizes.includes(meta.pageBytes)) continue;
    if (at === 0 || at === meta.pageBytes) found.push(meta);
  }
  const newest = found.sort((left, right) => right.transaction - left.transaction)[0];
  if (newest === undefined) throw new Error('it is no database of etcd: it has no sound meta page');
  return newest;
}

const blockBytes = 256 * 1024;
const blocksKept = 64;

/** Keeps the blocks that were read last: pages of a tree lie near each other. */
function blockReader(source: ByteSource, sizeBytes: number) {
  const blocks = new Map<number, Buffer>();
  const blockAt = async (index: number): Promise<Buffer> => {
    const kept = blocks.get(index);
    const start = index * blockBytes;
    const block = kept ?? (await source.read(start, Math.min(blockBytes, sizeBytes - start)));
    blocks.delete(index);
    blocks.set(index, block);
    for (const oldest of blocks.keys()) {
      if (blocks.size <= blocksKept) break;
      blocks.delete(oldest);
    }
    return block;
  };
  return {
    /** Not across the border of a block. */
    async read(offset: number, length: number): Promise<Buffer> {
      const start = offset % blockBytes;
      const bytes = (await blockAt(Math.floor(offset / blockBytes))).subarray(start, start + length);
      if (bytes.length < Math.max(length, headBytes)) throw new Error('it became shorter while it was read');
      return bytes;
    },
  };
}
