// SPDX-License-Identifier: Apache-2.0

/**
 * Leaves out as many items as can be while `isBad` stays true of the rest, halves first, then smaller pieces.
 * Asks no more once `limit` has fired.
 */
export async function shrink<T>(
  items: readonly T[],
  isBad: (rest: readonly T[]) => Promise<boolean>,
  limit: AbortSignal,
): Promise<readonly T[]> {
  let best = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && !limit.aborted; ) {
      const rest = [...best.slice(0, at), ...best.slice(at + size)];
      if (await isBad(rest)) best = rest;
      else at += size;
    }
  }
  return best;
}
