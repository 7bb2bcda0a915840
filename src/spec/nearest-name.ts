// SPDX-License-Identifier: Apache-2.0

/**
 * The name of `known` that `written` was most likely meant to be; `undefined` when none is near. Letter case,
 * dashes and underscores do not count; one slip in three letters may be wrong, swapped neighbours count as one.
 */
export function findNearestName(written: string, known: readonly string[]): string | undefined {
  const plain = fold(written);
  if (plain.length > 64) return undefined;
  const allowed = Math.max(1, Math.floor(plain.length / 3));
  let best: { name: string; slips: number } | undefined;
  for (const name of known) {
    const slips = countSlips(plain, fold(name));
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { name, slips };
  }
  return best?.name;
}

/** `did you mean "name"?`, or the list of what is known. */
export function hintForName(written: string, known: readonly string[]): string {
  const near = findNearestName(written, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  return known.length === 0 ? 'take it out' : `known here: ${known.join(', ')}`;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Optimal string alignment distance. */
function countSlips(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (beforeLast[j - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(change, swap, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
