// SPDX-License-Identifier: Apache-2.0

import { type Kv, keyOf, type Op, prefixRange, textOf } from '../etcd/index.js';
import type { MemberOrder } from '../model/index.js';
import { keys } from './keys.js';
import { parseRecord } from './records.js';
import type { StandingOrder } from './snapshot.js';
import type { StoreEvent, StoreRecord, StoreRequest, StoreView } from './store-records.js';
import { watchKey } from './watch-key.js';

/** What the engine writes of the store's cluster, in one revision. What is left out stays as it is. */
export interface StoreChange {
  readonly record?: StoreRecord;
  readonly view?: StoreView;
  readonly orders?: ReadonlyMap<string, MemberOrder>;
  readonly events?: readonly StoreEvent[];
  /** The operator's request is done. */
  readonly isRequestDone?: boolean;
}

export interface StoreRegistry {
  /** Engine only. The revision of the write; nothing when the leadership was lost, and nothing is written. */
  record(leadership: { readonly createRevision: number }, change: StoreChange): Promise<number | undefined>;
  /** The order that stands for the machine, then each that replaces it. Ends when `signal` fires; throws what a watch throws. */
  watchOrder(name: string, signal: AbortSignal): AsyncIterable<StandingOrder>;
  /** The record, when there is one, then each that replaces it; as `watchOrder`. */
  watchRecord(signal: AbortSignal): AsyncIterable<StoreRecord>;
  /** Replaces a request that stands; the revision that tells this one from any other. */
  ask(request: StoreRequest): Promise<number>;
  /** Takes back a request; does nothing when there is none. */
  withdraw(): Promise<void>;
  /** Adds an event that is not the engine's. */
  note(event: StoreEvent): Promise<void>;
  /** The latest, oldest first. Cost: one read of as many. */
  events(limit: number): Promise<readonly StoreEvent[]>;
  /** Events from now on. */
  watchEvents(signal: AbortSignal): AsyncIterable<StoreEvent>;
}

/** More than an operator reads; older ones are dropped. */
const keptEvents = 1_000;

export function openStoreRegistry(kv: Kv): StoreRegistry {
  return {
    record: (leadership, change) => record(kv, leadership.createRevision, change),
    watchOrder: (name, signal) => watchOrder(kv, name, signal),
    watchRecord: (signal) => watchRecord(kv, signal),
    async ask(request) {
      const value = keyOf(JSON.stringify(request));
      return (await kv.put({ key: keyOf(keys.storeRequest), value })).revision;
    },
    async withdraw() {
      await kv.deleteRange({ key: keyOf(keys.storeRequest) });
    },
    async note(event) {
      await kv.put({ key: keyOf(eventKey(event.at, notedIndex)), value: keyOf(JSON.stringify(event)) });
      await pruneEvents(kv);
    },
    events: async (limit) => {
      const { kvs } = await kv.range({
        ...prefixRange(keys.eventFolder),
        limit,
        sortTarget: 'key',
        sortOrder: 'descend',
      });
      return kvs
        .map(({ value }) => parseRecord.event(textOf(value)))
        .filter((event) => event !== undefined)
        .reverse();
    },
    watchEvents: (signal) => watchEvents(kv, signal),
  };
}

async function record(kv: Kv, createRevision: number, change: StoreChange): Promise<number | undefined> {
  const ops: Op[] = [
    ...(change.record === undefined ? [] : [put(keys.storeRecord, change.record)]),
    ...(change.view === undefined ? [] : [put(keys.storeView, change.view)]),
    ...[...(change.orders ?? [])].map(([name, order]) => put(keys.memberOrder(name), order)),
    ...(change.events ?? []).map((event, index) => put(eventKey(event.at, index), event)),
    ...(change.isRequestDone ? [remove(keys.storeRequest)] : []),
  ];
  const key = keyOf(keys.engineLeader);
  const { succeeded, revision } = await kv.txn({
    compare: [{ key, target: 'create', result: 'equal', number: createRevision }],
    success: ops,
    failure: [],
  });
  if (succeeded && (change.events ?? []).length > 0) await pruneEvents(kv);
  return succeeded ? revision : undefined;
}

/** Drops the oldest events, when there are more than are kept. Cost: a count. */
export async function pruneEvents(kv: Kv): Promise<void> {
  const all = prefixRange(keys.eventFolder);
  const { count } = await kv.range({ ...all, countOnly: true });
  if (count <= keptEvents) return;
  const { kvs } = await kv.range({ ...all, keysOnly: true, limit: count - keptEvents });
  const last = kvs.at(-1);
  if (last !== undefined) await kv.deleteRange({ key: all.key, rangeEnd: last.key });
}

async function* watchOrder(kv: Kv, name: string, signal: AbortSignal): AsyncIterable<StandingOrder> {
  for await (const { value, modRevision } of watchKey(kv, keys.memberOrder(name), signal)) {
    const order = parseRecord.memberOrder(textOf(value));
    if (order !== undefined) yield { order, revision: modRevision };
  }
}

async function* watchRecord(kv: Kv, signal: AbortSignal): AsyncIterable<StoreRecord> {
  for await (const { value } of watchKey(kv, keys.storeRecord, signal)) {
    const found = parseRecord.store(textOf(value));
    if (found !== undefined) yield found;
  }
}

async function* watchEvents(kv: Kv, signal: AbortSignal): AsyncIterable<StoreEvent> {
  for await (const message of kv.watch(
    { ...prefixRange(keys.eventFolder), filters: ['no-delete'] },
    signal,
  )) {
    if (message.kind !== 'events') continue;
    for (const { kv: changed } of message.events) {
      const event = parseRecord.event(textOf(changed.value));
      if (event !== undefined) yield event;
    }
  }
}

/**
 * In the order of time. The engine's leader writes what befalls the store from index 0 on, what befalls units from 500
 * on, each once in a millisecond at most.
 */
export function eventKey(at: number, index: number): string {
  return `${keys.eventFolder}${String(at).padStart(15, '0')}-${String(index).padStart(3, '0')}`;
}

/** Behind all that the engine may write in the same millisecond. */
const notedIndex = 999;

function put(key: string, value: unknown): Op {
  return { kind: 'put', request: { key: keyOf(key), value: keyOf(JSON.stringify(value)) } };
}

function remove(key: string): Op {
  return { kind: 'delete-range', request: { key: keyOf(key) } };
}
