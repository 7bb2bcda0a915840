// SPDX-License-Identifier: Apache-2.0

/**
 * Runs `work` on all items that came since its last run began, one run at a time: what costs the same for many as for
 * one is done for many. `work` answers for each item, in their order; when it throws, all of them have failed.
 */
export function joined<T, R>(
  work: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
): (item: T) => Promise<R> {
  const state: {
    last: Promise<unknown>;
    next: { readonly items: T[]; readonly done: Promise<readonly PromiseSettledResult<R>[]> } | undefined;
  } = { last: Promise.resolve(), next: undefined };
  const begin = () => {
    const items: T[] = [];
    const done = state.last.then(() => {
      state.next = undefined;
      return work(items);
    });
    state.last = done.catch(() => {});
    return { items, done };
  };
  return async (item) => {
    state.next ??= begin();
    const index = state.next.items.push(item) - 1;
    const result = (await state.next.done)[index];
    if (result === undefined) throw new Error('the work has no answer for one item');
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  };
}
