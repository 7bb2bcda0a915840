// SPDX-License-Identifier: Apache-2.0

import {
  type BranchCell,
  branchCellSize,
  encodeBranch,
  encodeLeaf,
  headBytes,
  type LeafCell,
  leafCellSize,
  pageBytes,
  pagesFor,
} from './page.js';

/** Where pages go, in the order of their ids. */
export interface PageSink {
  /** Takes the next pages. Returns the id of the first. @param encode is not called where pages are only counted */
  add(pageCount: number, encode: (id: number) => Uint8Array): number;
}

/** A tree that was written: the page of its root, or the one small leaf that it would be, for its bucket to hold. */
export type WrittenTree =
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'inline'; readonly leaf: Uint8Array };

/** A B+ tree of one pass: cells come in order of their keys, a page is written as soon as it is full. */
export interface TreeWriter {
  /** @throws a plain `Error` when the key is not above the last one */
  add(cell: LeafCell): void;
  /** @param mayBeInline a small tree then takes no page */
  finish(mayBeInline: boolean): WrittenTree;
}

/** Of cells of one kind, which wait until their page is full. */
interface Level<Cell> {
  cells: Cell[];
  sizeBytes: number;
}

const largestInlineBytes = pageBytes / 4;
const emptyLevel = <Cell>(): Level<Cell> => ({ cells: [], sizeBytes: headBytes });

/** Memory: a page for each level, and the cells of the last leaf. */
export function treeWriter(sink: PageSink): TreeWriter {
  const leaf = emptyLevel<LeafCell>();
  const branches: Level<BranchCell>[] = [];
  const last: { key: Uint8Array | undefined } = { key: undefined };

  const addBranch = (depth: number, cell: BranchCell): void => {
    const level = branches[depth] ?? emptyLevel<BranchCell>();
    branches[depth] = level;
    if (isFull(level, branchCellSize(cell))) addBranch(depth + 1, flush(sink, level, encodeBranch));
    push(level, cell, branchCellSize(cell));
  };

  return {
    add(cell) {
      if (last.key !== undefined && Buffer.compare(last.key, cell.key) >= 0) {
        throw new Error('keys that are not in order');
      }
      last.key = cell.key;
      const size = leafCellSize(cell);
      if (isFull(leaf, size)) addBranch(0, flush(sink, leaf, encodeLeaf));
      push(leaf, cell, size);
    },
    finish(mayBeInline) {
      const isSmall = branches.length === 0 && leaf.sizeBytes <= largestInlineBytes;
      if (isSmall && mayBeInline) return { kind: 'inline', leaf: encodeLeaf(0, leaf.cells, leaf.sizeBytes) };
      let top = flush(sink, leaf, encodeLeaf);
      // A level that begins because the one below ends is the next to end.
      for (let depth = 0; depth < branches.length; depth += 1) {
        addBranch(depth, top);
        top = flush(sink, branches[depth] ?? emptyLevel<BranchCell>(), encodeBranch);
      }
      return { kind: 'page', page: top.page };
    },
  };
}

function isFull(level: Level<unknown>, cellBytes: number): boolean {
  return level.cells.length > 0 && level.sizeBytes + cellBytes > pageBytes;
}

function push<Cell>(level: Level<Cell>, cell: Cell, cellBytes: number): void {
  level.cells.push(cell);
  level.sizeBytes += cellBytes;
}

/** Writes the page of a level, which is empty after that. */
function flush<Cell extends { readonly key: Uint8Array }>(
  sink: PageSink,
  level: Level<Cell>,
  encode: (id: number, cells: readonly Cell[], sizeBytes: number) => Uint8Array,
): BranchCell {
  const { cells, sizeBytes } = level;
  level.cells = [];
  level.sizeBytes = headBytes;
  const pageCount = pagesFor(sizeBytes);
  const page = sink.add(pageCount, (id) => encode(id, cells, pageCount * pageBytes));
  return { key: cells[0]?.key ?? new Uint8Array(0), page };
}
