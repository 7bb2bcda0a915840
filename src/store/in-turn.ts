// SPDX-License-Identifier: Apache-2.0

/** Runs one after the other, in the order of the calls; the failure of one does not keep the next from running. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  const state: { last: Promise<unknown> } = { last: Promise.resolve() };
  return (work) => {
    const result = state.last.then(work, work);
    state.last = result.catch(() => {});
    return result;
  };
}
