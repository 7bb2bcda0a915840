// SPDX-License-Identifier: Apache-2.0

import { prefixRange, textOf } from '../etcd/index.js';
import { recordKeyOf, recordPrefix } from './lock-record.js';
import type { LockFailure, LockHolder, LockSettings, LockState, Slots } from './lock-state.js';
import {
  addFailure,
  changeHolder,
  configure,
  enqueue,
  findHolder,
  grant,
  type HolderChange,
  judgeRequest,
  type LockRequest,
  pause,
  type Refusal,
  release,
  resume,
  setSlots,
  withoutWaiter,
} from './lock-steps.js';
import { escapeGroup, groupOfKey, semaphorePrefix } from './semaphore.js';
import { type LockStep, readLock, type StoredLockDeps, type Updated, updateLock } from './stored-lock.js';

/** Whether more than the lock speaks against a grant; asked with the holders there would be, again on each try. */
export type Gate = (holders: readonly LockHolder[]) => Promise<string | undefined>;

export type Acquired =
  | { readonly kind: 'granted'; readonly holder: LockHolder; readonly isNew: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * The reboot lock of a cluster, by group; the empty text is the default one. One record in two keys: locksmith's
 * semaphore, which anybody may write, and what muster knows beyond it. Whatever is in the semaphore is taken over.
 *
 * Changes are made one after another in this process and by compare-and-swap against others, so that no caller ever
 * sees a conflict. All throw what `updateLock` throws.
 */
export interface RebootLock {
  look(group: string): Promise<LockState>;
  /** Groups that have a semaphore or a record; the default one first. Cost: two reads of keys. */
  groups(): Promise<readonly string[]>;
  /** Gives the lock, or keeps a place in the queue. Who holds it already is given the same again. */
  acquire(group: string, request: LockRequest, gate: Gate): Promise<Acquired>;
  /** The holder goes on to another phase, if the grant with this fence still stands; false when it does not. */
  advance(group: string, id: string, fence: number, change: HolderChange): Promise<boolean>;
  /** False: it was no holder. Its place in the queue is given up as well. */
  release(group: string, id: string): Promise<boolean>;
  /** Gives up a place in the queue. */
  leave(group: string, id: string): Promise<void>;
  /** Places before and after. */
  setSlots(
    group: string,
    slots: Slots,
    machines: number,
  ): Promise<{ readonly before: number; readonly after: number }>;
  configure(group: string, settings: LockSettings, slots: Slots | undefined, machines: number): Promise<void>;
  pause(group: string, why: string): Promise<void>;
  resume(group: string): Promise<void>;
  /**
   * A holder whose reboot went wrong: it is freed, or held on with the reason. Nothing happens, and false, when the
   * grant with this fence does not stand any more.
   */
  fail(group: string, fence: number, failure: LockFailure, isFreed: boolean): Promise<boolean>;
  /** Changes what is known of a holder by its own right: the name of its machine. Nothing when it is no holder. */
  describe(group: string, id: string, change: HolderChange): Promise<void>;
}

export function openRebootLock(deps: StoredLockDeps): RebootLock {
  const turns = new Map<string, Promise<unknown>>();
  /** One at a time for each group: among ourselves there is nothing to lose a race against. */
  const update = <T>(group: string, step: LockStep<T>): Promise<Updated<T>> => {
    const turn = (turns.get(group) ?? Promise.resolve()).then(() => updateLock(deps, group, step));
    const settled = turn.catch(() => {});
    turns.set(group, settled);
    settled.then(() => {
      if (turns.get(group) === settled) turns.delete(group);
    });
    return turn;
  };
  const change = async (group: string, step: (state: LockState, now: number) => LockState): Promise<void> => {
    await update(group, (state, now) => ({ state: step(state, now), result: undefined }));
  };
  return {
    look: async (group) => (await readLock(deps, group)).state,
    groups: () => listGroups(deps),
    async acquire(group, request, gate) {
      const { state, result } = await update(group, (before, now) => acquire(before, request, gate, now));
      if (result.kind === 'refused') return result;
      const holder = findHolder(state, request.id);
      if (holder === undefined) throw new Error(`no holder "${request.id}" after its grant`);
      return { kind: 'granted', holder, isNew: result.isNew };
    },
    async advance(group, id, fence, wanted) {
      const { result } = await update(group, (state) => {
        const result = findHolder(state, id)?.fence === fence;
        return { state: result ? changeHolder(state, id, wanted) : state, result };
      });
      return result;
    },
    async release(group, id) {
      const { result } = await update(group, (state) => ({
        state: release(state, id),
        result: findHolder(state, id) !== undefined,
      }));
      return result;
    },
    leave: (group, id) => change(group, (state) => withoutWaiter(state, id)),
    async setSlots(group, slots, machines) {
      const { result, state } = await update(group, (before) => ({
        state: setSlots(before, slots, machines),
        result: before.max,
      }));
      return { before: result, after: state.max };
    },
    configure: (group, settings, slots, machines) =>
      change(group, (state) => configure(state, settings, slots, machines)),
    pause: (group, why) => change(group, (state) => pause(state, why)),
    resume: (group) => change(group, resume),
    async fail(group, fence, failure, isFreed) {
      const { result } = await update(group, (state) => {
        const result = findHolder(state, failure.id)?.fence === fence;
        if (!result) return { state, result };
        const marked = changeHolder(state, failure.id, { reason: failure.reason, deadline: 0 });
        const next = isFreed ? release(marked, failure.id) : marked;
        return { state: addFailure(next, failure), result };
      });
      return result;
    },
    describe: (group, id, wanted) => change(group, (state) => changeHolder(state, id, wanted)),
  };
}

type Decision =
  | { readonly kind: 'granted'; readonly isNew: boolean }
  | Extract<Acquired, { kind: 'refused' }>;

async function acquire(state: LockState, request: LockRequest, gate: Gate, now: number) {
  if (findHolder(state, request.id) !== undefined) {
    return { state: withoutWaiter(state, request.id), result: { kind: 'granted', isNew: false } as Decision };
  }
  const refuse = (refusal: Refusal) => ({
    state: enqueue(state, request, refusal, now),
    result: { kind: 'refused', refusal } as Decision,
  });
  const refusal = judgeRequest(state, request.id, now);
  if (refusal !== undefined) return refuse(refusal);
  const granted = grant(state, request, now);
  const why = await gate(granted.holders);
  if (why !== undefined) return refuse({ kind: 'gate', why });
  return { state: granted, result: { kind: 'granted', isNew: true } as Decision };
}

async function listGroups({ kv }: StoredLockDeps): Promise<readonly string[]> {
  const [semaphores, records] = await Promise.all(
    [semaphorePrefix, recordPrefix].map((prefix) => kv.range({ ...prefixRange(prefix), keysOnly: true })),
  );
  const keys = (semaphores?.kvs ?? []).map(({ key }) => textOf(key));
  const found = new Set(['', ...keys.map(groupOfKey).filter((group) => group !== undefined)]);
  for (const { key } of records?.kvs ?? []) {
    const group = groupOfRecord(textOf(key));
    if (group !== undefined) found.add(group);
  }
  return [...found].sort();
}

function groupOfRecord(key: string): string | undefined {
  const escaped = key.slice(`${recordPrefix}groups/`.length);
  const group = groupOfKey(`${semaphorePrefix}groups/${escaped}/semaphore`);
  return group !== undefined && recordKeyOf(group) === key && escapeGroup(group) === escaped
    ? group
    : undefined;
}
