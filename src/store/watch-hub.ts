// SPDX-License-Identifier: Apache-2.0

import type { WatchEvent, WatchMessage } from '../etcd/index.js';
import { invariant, revision } from '../model/index.js';
import { type Change, eventOf } from './change.js';
import type { Span } from './key.js';
import type { Keyspace } from './keyspace.js';
import { openSpanIndex, type SpanIndex } from './span-index.js';
import { stepWatcher, type WatcherEvent, type WatcherState, type WatcherStep } from './watcher.js';

/** What a watch asks of the hub. */
export interface Interest {
  readonly span: Span;
  readonly hasPrevKv: boolean;
  readonly isWanted: (kind: WatchEvent['kind']) => boolean;
}

export interface Queued {
  readonly message: WatchMessage;
  readonly sizeBytes: number;
}

export interface Watcher {
  readonly interest: Interest;
  readonly queue: Queued[];
  state: WatcherState;
  /** Set when the store ends the watch by itself. */
  ended: boolean;
  /** A progress message is wanted. */
  wantsProgress: boolean;
  readonly wantsPeriodicProgress: boolean;
  /** Nothing was handed over since the last look; then a progress message says more than silence. */
  isQuiet: boolean;
  /** Called when there may be something to do. */
  wake(): void;
}

/** Hands each durable revision to the watchers it concerns, once and in order. */
export interface WatchHub {
  add(watcher: Watcher): void;
  /** Harmless when it is gone already. */
  remove(watcher: Watcher): void;
  publish(revision: number, changes: readonly Change[]): void;
  step(watcher: Watcher, event: WatcherEvent): WatcherStep;
  all(): Iterable<Watcher>;
}

// Beyond key and values: what an event costs in memory, about.
const eventBytes = 200;

export function watchHub(space: Keyspace, maxQueuedBytes: number): WatchHub {
  const all = new Set<Watcher>();
  const bySpan = openSpanIndex<Watcher>();
  const step = (watcher: Watcher, event: WatcherEvent) => {
    const result = stepWatcher(watcher.state, event, maxQueuedBytes);
    watcher.state = result.state;
    return result;
  };
  return {
    all: () => all,
    step,
    add(watcher) {
      all.add(watcher);
      bySpan.add(watcher.interest.span, watcher);
    },
    remove(watcher) {
      if (watcher.state.kind !== 'cancelled') step(watcher, { kind: 'cancel' });
      all.delete(watcher);
      bySpan.remove(watcher.interest.span, watcher);
    },
    publish(at, changes) {
      for (const [watcher, events] of sortOut(space, changes, bySpan)) {
        const sizeBytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
        const { actions } = step(watcher, { kind: 'published', revision: at, sizeBytes });
        for (const action of actions) {
          invariant(action.kind === 'enqueue', `a publication leads to ${action.kind}`);
          watcher.queue.push({ message: { kind: 'events', revision: revision(at), events }, sizeBytes });
          watcher.wake();
        }
      }
    },
  };
}

/** Which events go to which watcher, in order. */
function sortOut(
  space: Keyspace,
  changes: readonly Change[],
  bySpan: SpanIndex<Watcher>,
): Map<Watcher, WatchEvent[]> {
  const sorted = new Map<Watcher, WatchEvent[]>();
  for (const change of changes) {
    const events = lazyEvents(space, change);
    const give = (watcher: Watcher) => {
      const event = watcher.interest.hasPrevKv ? events.withPrevKv() : events.plain();
      if (watcher.state.kind !== 'synced' || !watcher.interest.isWanted(event.kind)) return;
      const collected = sorted.get(watcher);
      if (collected === undefined) sorted.set(watcher, [event]);
      else collected.push(event);
    };
    bySpan.each(change.key, give);
  }
  return sorted;
}

/** An event is made when the first watcher wants it, and shared by all. */
function lazyEvents(space: Keyspace, change: Change) {
  const made: { plain?: WatchEvent; withPrevKv?: WatchEvent } = {};
  return {
    plain() {
      made.plain ??= eventOf(space, change, false);
      return made.plain;
    },
    withPrevKv() {
      made.withPrevKv ??= eventOf(space, change, true);
      return made.withPrevKv;
    },
  };
}

function sizeOf({ kv, prevKv }: WatchEvent): number {
  const previous = prevKv === undefined ? 0 : prevKv.key.length + prevKv.value.length;
  return eventBytes + kv.key.length + kv.value.length + previous;
}
