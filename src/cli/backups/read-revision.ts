// SPDX-License-Identifier: Apache-2.0

import type { FileHandle } from 'node:fs/promises';

const magic = 0xed0cdaed;
const headerBytes = 16;
const elementBytes = 16;
const leafFlag = 0x02;
const branchFlag = 0x01;
/** Deeper than any tree whose pages fit on a disk: a file that leads in circles ends here. */
const maxDepth = 32;

/**
 * The revision of the last write in an etcd database. Reads a handful of pages; the file's checksum is another's matter.
 *
 * @returns nothing: it is no database of etcd
 * Source: etcd-io/bbolt page.go, bucket.go (1.3); etcd-io/etcd server/storage/mvcc/revision.go
 */
export async function readRevision(file: FileHandle): Promise<number | undefined> {
  try {
    const pages = await openPages(file);
    const keys = await findBucket(pages, Buffer.from('key'));
    const last = keys === undefined ? undefined : await lastKey(pages, keys);
    // An empty store is at revision 1.
    if (last === undefined) return keys === undefined ? undefined : 1;
    return last.length < 8 ? undefined : Number(last.readBigUInt64BE(0));
  } catch (error) {
    // Offsets that lead out of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Pages {
  readonly root: bigint;
  get(id: bigint): Promise<Buffer>;
}

async function openPages(file: FileHandle): Promise<Pages> {
  const first = await readAt(file, 0, 4096);
  const pageSize = first.readUInt32LE(headerBytes) === magic ? first.readUInt32LE(headerBytes + 8) : 0;
  if (pageSize < 1024 || pageSize > 65_536) throw new RangeError('no database');
  const metas = await Promise.all(
    [0, 1].map(async (index) => {
      const page = await readAt(file, index * pageSize, 128);
      const isMeta = page.readUInt32LE(headerBytes) === magic;
      return isMeta
        ? [{ root: page.readBigUInt64LE(headerBytes + 16), txid: page.readBigUInt64LE(headerBytes + 48) }]
        : [];
    }),
  );
  const newest = metas.flat().reduce((left, right) => (right.txid > left.txid ? right : left));
  return {
    root: newest.root,
    async get(id) {
      const offset = Number(id) * pageSize;
      const overflow = (await readAt(file, offset, headerBytes)).readUInt32LE(12);
      return readAt(file, offset, (overflow + 1) * pageSize);
    },
  };
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { size } = await file.stat();
  if (offset + length > size) throw new RangeError('beyond the end of the file');
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, offset);
  return buffer;
}

/** A bucket is a page of its own, or lies in the value of its key. */
type Bucket = { readonly page: bigint } | { readonly inline: Buffer };

async function findBucket(pages: Pages, name: Buffer): Promise<Bucket | undefined> {
  let page = await pages.get(pages.root);
  for (let depth = 0; depth < maxDepth; depth += 1) {
    const elements = elementsOf(page);
    if (flagsOf(page) === leafFlag) {
      const value = elements.find(({ key }) => key.equals(name))?.value;
      if (value === undefined) return undefined;
      const root = value.readBigUInt64LE(0);
      return root === 0n ? { inline: value.subarray(16) } : { page: root };
    }
    const below = elements.filter(({ key }) => key.compare(name) <= 0).at(-1) ?? elements[0];
    if (below === undefined) return undefined;
    page = await pages.get(below.child);
  }
  throw new RangeError('too deep');
}

async function lastKey(pages: Pages, bucket: Bucket): Promise<Buffer | undefined> {
  let page = 'inline' in bucket ? bucket.inline : await pages.get(bucket.page);
  for (let depth = 0; depth < maxDepth; depth += 1) {
    const last = elementsOf(page).at(-1);
    if (flagsOf(page) === leafFlag || last === undefined) return last?.key;
    page = await pages.get(last.child);
  }
  throw new RangeError('too deep');
}

function flagsOf(page: Buffer): number {
  return page.readUInt16LE(8);
}

function elementsOf(page: Buffer): readonly { key: Buffer; value: Buffer; child: bigint }[] {
  const isLeaf = flagsOf(page) === leafFlag;
  if (!isLeaf && flagsOf(page) !== branchFlag) throw new RangeError('no page of a tree');
  return Array.from({ length: page.readUInt16LE(10) }, (_, index) => {
    const at = headerBytes + index * elementBytes;
    const start = at + page.readUInt32LE(isLeaf ? at + 4 : at);
    const end = start + page.readUInt32LE(isLeaf ? at + 8 : at + 4);
    const valueEnd = isLeaf ? end + page.readUInt32LE(at + 12) : end;
    if (valueEnd > page.length) throw new RangeError('beyond the end of its page');
    const child = isLeaf ? 0n : page.readBigUInt64LE(at + 8);
    return { key: page.subarray(start, end), value: page.subarray(end, valueEnd), child };
  });
}
