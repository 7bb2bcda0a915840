// SPDX-License-Identifier: Apache-2.0

/**
 * A page of bbolt, etcd's database, all numbers little-endian:
 *
 *     id 8, kind 2, count of cells 2, pages beyond the first 4          head
 *     leaf: flags 4, place of the key 4, key length 4, value length 4   one for each cell
 *     branch: place of the key 4, key length 4, page below 8            one for each cell
 *     keys and values
 *
 * Places count from the first byte of the cell's own row. Source: etcd-io/bbolt page.go (1.3)
 */
export const pageBytes = 4096;
export const headBytes = 16;
export const rowBytes = 16;
export const pageKinds = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
/** Flag of a cell of a leaf whose value is a bucket. */
export const bucketFlag = 0x01;

export interface LeafCell {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly isBucket: boolean;
}

export interface BranchCell {
  /** The first key on the page below. */
  readonly key: Uint8Array;
  readonly page: number;
}

export function leafCellSize({ key, value }: LeafCell): number {
  return rowBytes + key.length + value.length;
}

export function branchCellSize({ key }: BranchCell): number {
  return rowBytes + key.length;
}

/** How many pages hold so many bytes, head included. */
export function pagesFor(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / pageBytes));
}

/** @param sizeBytes of the result, at least what the cells take */
export function encodeLeaf(id: number, cells: readonly LeafCell[], sizeBytes: number): Buffer {
  const bytes = encodeHead(id, pageKinds.leaf, cells.length, sizeBytes);
  let place = headBytes + cells.length * rowBytes;
  for (const [index, { key, value, isBucket }] of cells.entries()) {
    const row = headBytes + index * rowBytes;
    bytes.writeUInt32LE(isBucket ? bucketFlag : 0, row);
    bytes.writeUInt32LE(place - row, row + 4);
    bytes.writeUInt32LE(key.length, row + 8);
    bytes.writeUInt32LE(value.length, row + 12);
    bytes.set(key, place);
    bytes.set(value, place + key.length);
    place += key.length + value.length;
  }
  return bytes;
}

/** As `encodeLeaf`. */
export function encodeBranch(id: number, cells: readonly BranchCell[], sizeBytes: number): Buffer {
  const bytes = encodeHead(id, pageKinds.branch, cells.length, sizeBytes);
  let place = headBytes + cells.length * rowBytes;
  for (const [index, { key, page }] of cells.entries()) {
    const row = headBytes + index * rowBytes;
    bytes.writeUInt32LE(place - row, row);
    bytes.writeUInt32LE(key.length, row + 4);
    bytes.writeBigUInt64LE(BigInt(page), row + 8);
    bytes.set(key, place);
    place += key.length;
  }
  return bytes;
}

/** A page with a head and nothing else. */
export function encodeHead(id: number, kind: number, count: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.writeBigUInt64LE(BigInt(id), 0);
  bytes.writeUInt16LE(kind, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(pagesFor(sizeBytes) - 1, 12);
  return bytes;
}
