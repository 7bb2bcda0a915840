// SPDX-License-Identifier: Apache-2.0

import { type Kv, keyOf, textOf } from '../etcd/index.js';
import { parseSemaphore, renderSemaphore, type Semaphore, semaphoreKeyOf } from './semaphore.js';

export type ForeignAnswer = 'done' | 'none-free' | 'exists' | 'not-held' | 'conflict';

/**
 * What stock locksmithctl does with the semaphore, and as it does it: read, change, compare-and-swap on the modified
 * index, no second try. Source: coreos/locksmith, lock/lock.go and lock/semaphore.go.
 */
export function foreignLock(kv: Kv, group = '') {
  const key = keyOf(semaphoreKeyOf(group));
  const change = async (
    step: (semaphore: Semaphore) => Semaphore | ForeignAnswer,
    between: () => Promise<void> = async () => {},
  ): Promise<ForeignAnswer> => {
    const [found] = (await kv.range({ key })).kvs;
    const before = found && parseSemaphore(group, textOf(found.value));
    const after = step(before ?? { semaphore: 1, max: 1, holders: null });
    if (typeof after === 'string') return after;
    await between();
    const { succeeded } = await kv.txn({
      compare: [{ key, target: 'mod', result: 'equal', number: found?.modRevision ?? 0 }],
      success: [{ kind: 'put', request: { key, value: keyOf(renderSemaphore(after)) } }],
      failure: [],
    });
    return succeeded ? 'done' : 'conflict';
  };
  return {
    lock: (id: string, between?: () => Promise<void>) =>
      change(({ semaphore, max, holders }) => {
        if (semaphore <= 0) return 'none-free';
        if (holders?.includes(id) === true) return 'exists';
        return { semaphore: semaphore - 1, max, holders: [...(holders ?? []), id].sort() };
      }, between),
    unlock: (id: string, between?: () => Promise<void>) =>
      change(({ semaphore, max, holders }) => {
        if (holders?.includes(id) !== true) return 'not-held';
        return { semaphore: semaphore + 1, max, holders: holders.filter((one) => one !== id) };
      }, between),
    setMax: (wanted: number, between?: () => Promise<void>) =>
      change(
        ({ semaphore, max, holders }) => ({ semaphore: semaphore + wanted - max, max: wanted, holders }),
        between,
      ),
    async read(): Promise<Semaphore | undefined> {
      const [found] = (await kv.range({ key })).kvs;
      return found && parseSemaphore(group, textOf(found.value));
    },
  };
}
