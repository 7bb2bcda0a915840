// SPDX-License-Identifier: Apache-2.0

/** What one client did to one key, and what it was told. */
export type Action =
  | { readonly kind: 'write'; readonly value: string }
  | { readonly kind: 'read'; readonly value: string }
  | { readonly kind: 'swap'; readonly from: string; readonly to: string; readonly isDone: boolean };

/** Any number that grows with time orders starts and ends; `end` left out: nobody knows whether it was done. */
export interface Operation {
  readonly action: Action;
  readonly start: number;
  readonly end?: number;
}

/**
 * Whether one register could have done these operations one after the other, each between its start and its end,
 * those of unknown outcome or not at all; `last` is what it held in the end. Tries orders depth first and
 * remembers where it has been (Wing and Gong's search with Lowe's memory).
 *
 * @throws when it took more steps than `limit` and is undecided
 */
export function isLinearizable(
  operations: readonly Operation[],
  first: string,
  last: string,
  limit = 500_000,
): boolean {
  const sorted = operations.toSorted((a, b) => a.start - b.start);
  const known = sorted.filter(({ end }) => end !== undefined).length;
  const seen = new Set<string>();
  const open: { readonly done: ReadonlySet<number>; readonly knownDone: number; readonly value: string }[] = [
    { done: new Set(), knownDone: 0, value: first },
  ];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.knownDone === known && at.value === last) return true;
    const state = `${stateOf(sorted, at.done)} ${at.value}`;
    if (seen.has(state)) continue;
    seen.add(state);
    if (seen.size > limit) throw new Error(`undecided after ${limit} steps`);
    for (const n of candidates(sorted, at.done)) {
      const operation = sorted[n];
      const value = operation === undefined ? undefined : apply(operation, at.value);
      if (operation === undefined || value === undefined) continue;
      const knownDone = at.knownDone + (operation.end === undefined ? 0 : 1);
      open.push({ done: new Set([...at.done, n]), knownDone, value });
    }
  }
  return false;
}

/** What was done, short: all below a number, and those above it. */
function stateOf(sorted: readonly Operation[], done: ReadonlySet<number>): string {
  const first = sorted.findIndex((_, n) => !done.has(n));
  return `${first}:${[...done].filter((n) => n > first).toSorted((a, b) => a - b)}`;
}

/** Those not done that may come next: nothing that ended before they started is left. */
function candidates(sorted: readonly Operation[], done: ReadonlySet<number>): readonly number[] {
  const found: number[] = [];
  let earliestEnd = Number.POSITIVE_INFINITY;
  for (const [n, { start, end }] of sorted.entries()) {
    if (start > earliestEnd) break;
    if (done.has(n)) continue;
    found.push(n);
    earliestEnd = Math.min(earliestEnd, end ?? Number.POSITIVE_INFINITY);
  }
  return found;
}

/** The value afterwards; `undefined` when it could not have happened here. */
function apply({ action, end }: Operation, value: string): string | undefined {
  switch (action.kind) {
    case 'write':
      return action.value;
    case 'read':
      return action.value === value ? value : undefined;
    case 'swap': {
      // Empty stands for no such key, which no compare of values matches.
      const isDone = action.from === value && value !== '';
      if (end !== undefined && isDone !== action.isDone) return undefined;
      return isDone ? action.to : value;
    }
  }
}
