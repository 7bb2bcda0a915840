// SPDX-License-Identifier: Apache-2.0

import { invariant } from '../model/index.js';

/** `next` is the first revision not yet handed to the watcher or its queue. */
export type WatcherState =
  /** Reads history, as fast as its reader takes it. */
  | { readonly kind: 'unsynced'; readonly next: number }
  /** Gets each revision as it becomes durable. */
  | { readonly kind: 'synced'; readonly next: number; readonly queuedBytes: number }
  /** Its reader is slow: takes what is queued, then reads history. */
  | { readonly kind: 'victim'; readonly next: number; readonly queuedBytes: number }
  | { readonly kind: 'cancelled' };

export type WatcherEvent =
  /** A revision that concerns it became durable. */
  | { readonly kind: 'published'; readonly revision: number; readonly sizeBytes: number }
  /** Its reader took one message from the queue. */
  | { readonly kind: 'taken'; readonly sizeBytes: number }
  /** Its reader got history up to and with `through`; `newest` is the store's durable revision. */
  | { readonly kind: 'history-read'; readonly through: number; readonly newest: number }
  /** It is about to read history; the store remembers from `compactRevision` on. */
  | { readonly kind: 'history-wanted'; readonly compactRevision: number }
  | { readonly kind: 'cancel' };

export type WatcherAction = { readonly kind: 'enqueue' } | { readonly kind: 'say-compacted' };

export interface WatcherStep {
  readonly state: WatcherState;
  readonly actions: readonly WatcherAction[];
}

/** What etcd calls the compact revision of a store that never was compacted. */
const leastStart = -1;

/**
 * The state of a new watcher. A start above the newest revision waits for it; events before it are left out. One
 * below zero is in the past as any other, and lost with the first compaction.
 */
export function newWatcher(startRevision: number, newest: number): WatcherState {
  if (startRevision !== 0 && startRevision <= newest) {
    return { kind: 'unsynced', next: Math.max(startRevision, leastStart) };
  }
  return { kind: 'synced', next: Math.max(startRevision, newest + 1), queuedBytes: 0 };
}

/**
 * Keeps a watch whole: each revision is handed over once and in order, either from the queue or from history,
 * and the queue stays bounded. A single revision is queued however large it is.
 */
export function stepWatcher(state: WatcherState, event: WatcherEvent, maxQueuedBytes: number): WatcherStep {
  invariant(state.kind !== 'cancelled', `"${event.kind}" for a cancelled watcher`);
  switch (event.kind) {
    case 'published':
      return published(state, event, maxQueuedBytes);
    case 'taken':
      return still(taken(state, event.sizeBytes));
    case 'history-wanted': {
      const isLost = state.kind === 'unsynced' && state.next < event.compactRevision;
      return isLost ? { state: { kind: 'cancelled' }, actions: [{ kind: 'say-compacted' }] } : still(state);
    }
    case 'history-read':
      invariant(state.kind === 'unsynced', `history for a watcher that is ${state.kind}`);
      return still(newWatcher(event.through + 1, event.newest));
    case 'cancel':
      return still({ kind: 'cancelled' });
  }
}

type Live = Exclude<WatcherState, { kind: 'cancelled' }>;

function published(
  state: Live,
  event: { readonly revision: number; readonly sizeBytes: number },
  maxQueuedBytes: number,
): WatcherStep {
  if (state.kind !== 'synced' || event.revision < state.next) return still(state);
  const queuedBytes = state.queuedBytes + event.sizeBytes;
  if (state.queuedBytes > 0 && queuedBytes > maxQueuedBytes) {
    return still({ kind: 'victim', next: event.revision, queuedBytes: state.queuedBytes });
  }
  return { state: { kind: 'synced', next: event.revision + 1, queuedBytes }, actions: [{ kind: 'enqueue' }] };
}

function taken(state: Live, sizeBytes: number): WatcherState {
  invariant(state.kind !== 'unsynced', 'an unsynced watcher has no queue');
  const queuedBytes = state.queuedBytes - sizeBytes;
  invariant(queuedBytes >= 0, 'more was taken than queued');
  if (state.kind === 'victim' && queuedBytes === 0) return { kind: 'unsynced', next: state.next };
  return { ...state, queuedBytes };
}

function still(state: WatcherState): WatcherStep {
  return { state, actions: [] };
}
