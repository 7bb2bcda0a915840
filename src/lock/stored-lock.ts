// SPDX-License-Identifier: Apache-2.0

import type { Clock, Random } from '../effects/index.js';
import {
  type Compare,
  type KeyValue,
  type Kv,
  keyOf,
  type Op,
  type OpResponse,
  textOf,
} from '../etcd/index.js';
import { fail } from './errors.js';
import { parseRecord, recordKeyOf, renderRecord } from './lock-record.js';
import { type LockState, newLockState, semaphoreOf, takeOver } from './lock-state.js';
import { newSemaphore, parseSemaphore, renderSemaphore, semaphoreKeyOf } from './semaphore.js';

export interface StoredLockDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a step makes of the lock; the very state that it was given: nothing is to be written. */
export interface Stepped<T> {
  readonly state: LockState;
  readonly result: T;
}

export type LockStep<T> = (state: LockState, now: number) => Stepped<T> | Promise<Stepped<T>>;

export interface Updated<T> extends Stepped<T> {
  /** Of the write, or of the read when nothing was written. */
  readonly revision: number;
}

interface StoredLock {
  readonly state: LockState;
  readonly revision: number;
  readonly record: KeyValue | undefined;
  readonly semaphore: KeyValue | undefined;
}

const tryForMs = 30_000;
const firstPauseMs = 4;
const lastPauseMs = 250;

/**
 * Reads, steps and writes both keys under a compare on both, until nobody came between. A step may be done more than
 * once, each time on what is there then.
 *
 * @throws `lock/contended` after half a minute; `lock/damaged-semaphore`; what the store throws, and then the write may
 * have been done
 */
export async function updateLock<T>(
  deps: StoredLockDeps,
  group: string,
  step: LockStep<T>,
): Promise<Updated<T>> {
  const until = deps.clock.monotonic() + tryForMs;
  for (let tries = 0; deps.clock.monotonic() < until; tries += 1) {
    const found = await readLock(deps, group);
    const { state, result } = await step(found.state, deps.clock.now());
    const ops = writesOf(group, found, state);
    if (ops.length === 0) return { state, result, revision: found.revision };
    const { succeeded, revision } = await deps.kv.txn({
      compare: [
        unchanged(recordKeyOf(group), found.record),
        unchanged(semaphoreKeyOf(group), found.semaphore),
      ],
      success: ops,
      failure: [],
    });
    if (succeeded) return { state: withFences(state, revision), result, revision };
    await deps.clock.sleep(pauseMs(deps.random, tries));
  }
  throw fail('lock/contended', { group: group || 'default', seconds: tryForMs / 1_000 });
}

/** The lock of a group as it is, both keys at one revision. Cost: one read. */
export async function readLock({ kv, clock }: StoredLockDeps, group: string): Promise<StoredLock> {
  const reads = [recordKeyOf(group), semaphoreKeyOf(group)].map(
    (key): Op => ({ kind: 'range', request: { key: keyOf(key) } }),
  );
  const { responses, revision } = await kv.txn({ compare: [], success: reads, failure: [] });
  const [record, semaphore] = [firstOf(responses[0]), firstOf(responses[1])];
  const state = takeOver(
    record && parseRecord(textOf(record.value), record.modRevision),
    semaphore && parseSemaphore(group, textOf(semaphore.value)),
    semaphore?.modRevision ?? 0,
    clock.now(),
  );
  return { state, revision, record, semaphore };
}

function firstOf(response: OpResponse | undefined): KeyValue | undefined {
  return response?.kind === 'range' ? response.response.kvs[0] : undefined;
}

/** What a lock that nobody ever used says is not worth a record: the semaphore says it. */
function isPlain({ slots, max, wasHeld, ...rest }: LockState): boolean {
  return (
    slots.kind === 'number' &&
    slots.count === max &&
    renderRecord({ ...rest, slots, max, wasHeld }) === renderRecord({ ...newLockState, slots, max, wasHeld })
  );
}

/** The semaphore stays untouched as long as it says the same: stock clients fail when it is written under their hands. */
function writesOf(group: string, found: StoredLock, next: LockState): readonly Op[] {
  const record = renderRecord(next);
  const semaphore = renderSemaphore(semaphoreOf(next));
  const isRecordless = found.record === undefined && isPlain(next);
  if (isRecordless && found.semaphore === undefined && semaphore === renderSemaphore(newSemaphore)) return [];
  return [
    ...(isRecordless || isSameRecord(found.record, record) ? [] : [put(recordKeyOf(group), record)]),
    ...(isSameSemaphore(group, found.semaphore, semaphore) ? [] : [put(semaphoreKeyOf(group), semaphore)]),
  ];
}

/** As it would be written again: with its fences filled in. */
function isSameRecord(found: KeyValue | undefined, next: string): boolean {
  if (found === undefined) return false;
  const record = parseRecord(textOf(found.value), found.modRevision);
  return record !== undefined && renderRecord({ ...record, missing: 0 }) === next;
}

function isSameSemaphore(group: string, found: KeyValue | undefined, next: string): boolean {
  return found !== undefined && renderSemaphore(parseSemaphore(group, textOf(found.value))) === next;
}

function unchanged(key: string, found: KeyValue | undefined): Compare {
  return { key: keyOf(key), target: 'mod', result: 'equal', number: found?.modRevision ?? 0 };
}

function put(key: string, value: string): Op {
  return { kind: 'put', request: { key: keyOf(key), value: keyOf(value) } };
}

function withFences(state: LockState, revision: number): LockState {
  return { ...state, holders: state.holders.map((one) => ({ ...one, fence: one.fence || revision })) };
}

/** Up to twice as long with each try, and never the same for two. */
function pauseMs(random: Random, tries: number): number {
  const longest = Math.min(lastPauseMs, firstPauseMs * 2 ** tries);
  return longest * ((random.bytes(1)[0] ?? 0) / 256);
}

/** Creates the semaphore with one free place, where locksmith looks for it; leaves one that exists alone. Cost: one txn. */
export async function makeSemaphore(kv: Kv): Promise<void> {
  const key = keyOf(semaphoreKeyOf(''));
  const value = keyOf(renderSemaphore(newSemaphore));
  await kv.txn({
    compare: [{ key, target: 'create', result: 'equal', number: 0 }],
    success: [{ kind: 'put', request: { key, value } }],
    failure: [],
  });
}
