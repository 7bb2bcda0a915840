// SPDX-License-Identifier: Apache-2.0

/**
 * What one writer did. Each write is of a key of its own, so that one which nobody answered, and which takes effect late,
 * says nothing about the others.
 */
export interface WriterHistory {
  /** Writes that were acknowledged, by number from 1 up, in order. */
  readonly acknowledged: number[];
  /** How many were sent; those that are not acknowledged may have taken effect, or may yet. */
  sent: number;
}

/** A read, through a quorum, of a write that was acknowledged before it began. */
export interface Read {
  readonly isFound: boolean;
}

export function openHistory(): WriterHistory {
  return { acknowledged: [], sent: 0 };
}

/** How many acknowledged writes are gone, given the numbers that the store holds of each writer at the end. */
export function countLost(
  histories: readonly WriterHistory[],
  found: readonly ReadonlySet<number>[],
): number {
  return histories.reduce(
    (lost, { acknowledged }, writer) =>
      lost + acknowledged.filter((number) => found[writer]?.has(number) !== true).length,
    0,
  );
}
