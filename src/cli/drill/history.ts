// SPDX-License-Identifier: Apache-2.0

/** What a writer knows of one key, which it alone writes, once for each number from 1 up. */
export interface KeyHistory {
  /** The highest number whose write was acknowledged. */
  acknowledged: number;
  /** The highest number that was sent; it may have taken effect. */
  sent: number;
}

/** A read that must have seen everything that was acknowledged before it began. */
export interface Read {
  readonly key: string;
  /** `acknowledged` when it began. */
  readonly atLeast: number;
  /** `sent` when it ended. */
  readonly atMost: number;
  /** 0: no such key. */
  readonly found: number;
}

/** Whether a read fits a store that loses nothing and never goes back. */
export function isFitting({ atLeast, atMost, found }: Read): boolean {
  return found >= atLeast && found <= atMost;
}

/**
 * How many acknowledged writes are gone, given what the store holds at the end: each key's highest number that is there.
 * Writes of one key come one after another, so all numbers above it are lost.
 */
export function countLost(
  histories: ReadonlyMap<string, KeyHistory>,
  found: ReadonlyMap<string, number>,
): number {
  return [...histories].reduce(
    (lost, [key, { acknowledged }]) => lost + Math.max(0, acknowledged - (found.get(key) ?? 0)),
    0,
  );
}
