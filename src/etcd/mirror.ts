// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../effects/index.js';
import { isMusterError, type MusterError, type Revision } from '../model/index.js';
import { errorOfStatus, fail, isAway } from './errors.js';
import type { KeyRange, KeyValue, Kv, WatchEvent } from './kv.js';
import { textOf } from './text.js';
import { unlessAborted } from './unless-aborted.js';

/** `snapshot` comes first and again after each gap; between two, `changes` come revision by revision. */
export type MirrorMessage =
  | {
      readonly kind: 'snapshot';
      readonly revision: Revision;
      /** By key as text, in byte order of the keys. */
      readonly entries: ReadonlyMap<string, KeyValue>;
    }
  | { readonly kind: 'changes'; readonly revision: Revision; readonly events: readonly WatchEvent[] }
  /** Once for each time the store went out of reach, `since` in milliseconds since 1970. A `snapshot` follows. */
  | { readonly kind: 'away'; readonly since: number; readonly error: MusterError };

export interface MirrorOptions {
  /** Events carry what was there before; false when left out. */
  readonly prevKv?: boolean;
  /** Keys asked for at a time; 5000 when left out. */
  readonly pageSize?: number;
  /**
   * What of `range` is wanted, in order and apart; all of it when left out. The rest is not listed, and its changes are
   * passed over: one watch over all of it is what keeps the changes of several ranges in order.
   */
  readonly parts?: readonly Required<KeyRange>[];
}

export interface MirrorDeps {
  readonly kv: Kv;
  readonly clock: Clock;
}

const firstDelayMs = 100;
const lastDelayMs = 5_000;

/**
 * The one watch loop: everything in `range` as it is, then every change, without a gap and in order. Where the
 * store has forgotten the changes in between, or was out of reach, everything comes again as a new `snapshot`.
 *
 * Ends when `signal` fires. Throws what the store refuses for good (`etcd/permission-denied`, ...); being out of
 * reach is no error here. Keys must be UTF-8 text to be told apart in `entries`.
 */
export async function* mirror(
  deps: MirrorDeps,
  range: KeyRange,
  signal: AbortSignal,
  options: MirrorOptions = {},
): AsyncGenerator<MirrorMessage, void, undefined> {
  const state = { delayMs: firstDelayMs, isAway: false };
  while (!signal.aborted) {
    try {
      const listed = await unlessAborted(
        list(deps.kv, options.parts ?? [range], options.pageSize ?? 5_000),
        signal,
      );
      if (listed === undefined) return;
      state.isAway = false;
      yield listed;
      for await (const message of changesAfter(deps.kv, range, listed.revision, signal, options)) {
        state.delayMs = firstDelayMs;
        if (message !== undefined) yield message;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isMusterError(error, 'etcd/compacted')) continue;
      if (!isAway(error)) throw error;
      if (!state.isAway) yield { kind: 'away', since: deps.clock.now(), error };
      state.isAway = true;
      await deps.clock.sleep(state.delayMs, signal);
      state.delayMs = Math.min(lastDelayMs, state.delayMs * 2);
    }
  }
}

/** All of the ranges at one revision, page by page, however often they are written meanwhile. */
async function list(
  kv: Kv,
  ranges: readonly KeyRange[],
  pageSize: number,
): Promise<Extract<MirrorMessage, { kind: 'snapshot' }>> {
  const entries = new Map<string, KeyValue>();
  let at: Revision | undefined;
  for (const range of ranges) {
    let key: Uint8Array | undefined = range.key;
    while (key !== undefined) {
      const revision = at === undefined ? {} : { revision: at };
      const page = await kv.range({ ...range, key, limit: pageSize, ...revision });
      at ??= page.revision;
      for (const kv of page.kvs) entries.set(textOf(kv.key), kv);
      const last: KeyValue | undefined = page.kvs.at(-1);
      key = page.more && last !== undefined ? keyAfter(last.key) : undefined;
    }
  }
  if (at === undefined) throw new Error('invariant broken: a mirror of no range');
  return { kind: 'snapshot', revision: at, entries };
}

/** `undefined` says that the watch stands. Ends when the signal fires or the revision is compacted. */
async function* changesAfter(
  kv: Kv,
  range: KeyRange,
  seen: Revision,
  signal: AbortSignal,
  options: MirrorOptions,
): AsyncGenerator<MirrorMessage | undefined, void, undefined> {
  const request = { ...range, startRevision: seen + 1, prevKv: options.prevKv ?? false };
  for await (const message of kv.watch(request, signal)) {
    switch (message.kind) {
      case 'created':
      case 'progress':
        yield undefined;
        break;
      case 'events':
        yield* changesByRevision(wantedOf(message.events, options.parts));
        break;
      case 'compacted':
        return;
      case 'cancelled':
        throw errorOfReason(message.reason);
    }
  }
  if (!signal.aborted) throw fail('etcd/watch-cancelled', { reason: 'it ended without a word' });
}

function wantedOf(
  events: readonly WatchEvent[],
  parts: readonly Required<KeyRange>[] | undefined,
): readonly WatchEvent[] {
  if (parts === undefined) return events;
  return events.filter(({ kv: { key } }) =>
    parts.some((part) => Buffer.compare(key, part.key) >= 0 && Buffer.compare(key, part.rangeEnd) < 0),
  );
}

function changesByRevision(events: readonly WatchEvent[]): readonly MirrorMessage[] {
  const byRevision = new Map<Revision, WatchEvent[]>();
  for (const event of events) {
    const group = byRevision.get(event.kv.modRevision);
    if (group === undefined) byRevision.set(event.kv.modRevision, [event]);
    else group.push(event);
  }
  return [...byRevision].map(([revision, group]) => ({ kind: 'changes', revision, events: group }));
}

/** A refusal known by its text stays what it is; anything else is worth another try. */
function errorOfReason(reason: string): MusterError {
  const known = errorOfStatus(2, reason);
  return known.code === 'etcd/unknown' ? fail('etcd/watch-cancelled', { reason }) : known;
}

function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
