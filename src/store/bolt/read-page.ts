// SPDX-License-Identifier: Apache-2.0

import {
  type BranchCell,
  bucketFlag,
  headBytes,
  type LeafCell,
  leafCellSize,
  pageKinds,
  rowBytes,
} from './page.js';

export type TreePage =
  | { readonly kind: 'leaf'; readonly cells: readonly LeafCell[] }
  | { readonly kind: 'branch'; readonly cells: readonly BranchCell[] };

/**
 * A page of a tree from its bytes; keys and values are views of them. Throws a plain `Error` that says what is wrong:
 * another kind of page, cells out of the page.
 */
export function parseTreePage(bytes: Buffer, name: string): TreePage {
  if (bytes.length < headBytes) throw new Error(`${name} has no head`);
  const kind = bytes.readUInt16LE(8);
  const count = bytes.readUInt16LE(10);
  if (headBytes + count * rowBytes > bytes.length) throw new Error(`${name} has no room for ${count} keys`);
  const rows = Array.from({ length: count }, (_, index) => headBytes + index * rowBytes);
  if (kind === pageKinds.leaf) {
    const cells = rows.map((row) => leafCell(bytes, row, name));
    refuseShared(bytes, cells, name);
    return { kind: 'leaf', cells };
  }
  if (kind !== pageKinds.branch) throw new Error(`${name} is of kind ${kind}, which no tree has`);
  if (count === 0) throw new Error(`${name} leads nowhere`);
  return { kind: 'branch', cells: rows.map((row) => branchCell(bytes, row, name)) };
}

/** Cells that share their bytes would make more of a page than it has. */
function refuseShared(bytes: Buffer, cells: readonly LeafCell[], name: string): void {
  const sizeBytes = cells.reduce((sum, cell) => sum + leafCellSize(cell), headBytes);
  if (sizeBytes > bytes.length) throw new Error(`${name} has values that lie in each other`);
}

function leafCell(bytes: Buffer, row: number, name: string): LeafCell {
  const start = row + bytes.readUInt32LE(row + 4);
  const keyEnd = start + bytes.readUInt32LE(row + 8);
  const end = keyEnd + bytes.readUInt32LE(row + 12);
  if (end > bytes.length) throw new Error(`${name} has a key or value beyond its end`);
  const isBucket = (bytes.readUInt32LE(row) & bucketFlag) !== 0;
  return { key: bytes.subarray(start, keyEnd), value: bytes.subarray(keyEnd, end), isBucket };
}

function branchCell(bytes: Buffer, row: number, name: string): BranchCell {
  const start = row + bytes.readUInt32LE(row);
  const end = start + bytes.readUInt32LE(row + 4);
  if (end > bytes.length) throw new Error(`${name} has a key beyond its end`);
  return { key: bytes.subarray(start, end), page: Number(bytes.readBigUInt64LE(row + 8)) };
}
