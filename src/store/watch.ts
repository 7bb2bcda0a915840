// SPDX-License-Identifier: Apache-2.0

import { fail, type Watching, type WatchMessage, type WatchRequest } from '../etcd/index.js';
import { revision } from '../model/index.js';
import { eventOf } from './change.js';
import { spanOf } from './key.js';
import type { Keyspace } from './keyspace.js';
import { readHistory } from './watch-history.js';
import type { Interest, Watcher, WatchHub } from './watch-hub.js';
import { newWatcher } from './watcher.js';

export interface WatchDeps {
  readonly space: Keyspace;
  readonly hub: WatchHub;
}

// As many revisions as etcd puts into one message of history (server/mvcc/watcher_group.go).
const historyLimit = 1000;

/**
 * One watch. It begins with the first message asked for and costs nothing before; it is driven by its reader,
 * and what a slow reader leaves is read from history later, so that memory stays bounded.
 */
export function openWatch(deps: WatchDeps, request: WatchRequest, signal: AbortSignal): Watching {
  const asked: { progress: () => void; isEarly: boolean } = { progress: () => {}, isEarly: false };
  asked.progress = () => {
    asked.isEarly = true;
  };
  return {
    requestProgress: () => asked.progress(),
    async *[Symbol.asyncIterator]() {
      const interest = interestOf(request);
      if (interest === undefined) {
        yield { kind: 'cancelled', reason: 'mvcc: watcher range is empty' };
        return;
      }
      const newest = deps.space.durable.revision;
      const watcher = newWatcherOf(interest, newest, request);
      watcher.wantsProgress = asked.isEarly;
      asked.progress = () => {
        watcher.wantsProgress = true;
        watcher.wake();
      };
      deps.hub.add(watcher);
      // One listener for all the times it will wait.
      const wake = () => watcher.wake();
      signal.addEventListener('abort', wake, { once: true });
      try {
        yield { kind: 'created', revision: revision(newest) };
        while (!signal.aborted) {
          const message = take(deps, watcher);
          if (message === undefined) {
            await (watcher.state.kind === 'unsynced' ? deps.space.backend.turn() : woken(watcher));
            continue;
          }
          watcher.isQuiet = message.kind === 'progress';
          yield message;
          if (message.kind === 'compacted') return;
        }
      } finally {
        signal.removeEventListener('abort', wake);
        deps.hub.remove(watcher);
      }
    },
  };
}

function interestOf(request: WatchRequest): Interest | undefined {
  // An empty key stands for the first one, as on etcd's wire.
  const key = request.key.length === 0 ? Uint8Array.of(0) : request.key;
  const span = spanOf({ ...request, key });
  if (span.to !== undefined && span.to <= span.from) return undefined;
  const unwanted = new Set(request.filters?.map((filter) => (filter === 'no-put' ? 'put' : 'delete')));
  return { span, hasPrevKv: request.prevKv ?? false, isWanted: (kind) => !unwanted.has(kind) };
}

function newWatcherOf(interest: Interest, newest: number, request: WatchRequest): Watcher {
  return {
    interest,
    queue: [],
    state: newWatcher(request.startRevision ?? 0, newest),
    ended: false,
    wantsProgress: false,
    isQuiet: true,
    wantsPeriodicProgress: request.progressNotify ?? false,
    wake: () => {},
  };
}

/** What there is to hand over now. */
function take(deps: WatchDeps, watcher: Watcher): WatchMessage | undefined {
  if (watcher.ended) throw fail('etcd/unavailable', { reason: 'the store was closed' });
  return takeQueued(deps, watcher) ?? takeHistory(deps, watcher) ?? takeProgress(deps, watcher);
}

function takeQueued({ hub }: WatchDeps, watcher: Watcher): WatchMessage | undefined {
  const queued = watcher.queue.shift();
  if (queued === undefined) return undefined;
  hub.step(watcher, { kind: 'taken', sizeBytes: queued.sizeBytes });
  return queued.message;
}

/** The next piece of history, `undefined` when it held nothing for this watcher. */
function takeHistory({ hub, space }: WatchDeps, watcher: Watcher): WatchMessage | undefined {
  if (watcher.state.kind !== 'unsynced') return undefined;
  const { compactRevision, revision: newest } = space.durable;
  const from = watcher.state.next;
  const { actions } = hub.step(watcher, { kind: 'history-wanted', compactRevision });
  if (actions.length > 0) return { kind: 'compacted', compactRevision: revision(compactRevision) };
  const { changes, through } = readHistory(space, watcher.interest.span, from, historyLimit);
  hub.step(watcher, { kind: 'history-read', through, newest });
  const events = changes
    .map((change) => eventOf(space, change, watcher.interest.hasPrevKv))
    .filter((event) => watcher.interest.isWanted(event.kind));
  return events.length === 0 ? undefined : { kind: 'events', revision: revision(newest), events };
}

/** Only a watcher that has nothing left to hand over may say how far it is. */
function takeProgress({ space }: WatchDeps, watcher: Watcher): WatchMessage | undefined {
  if (!watcher.wantsProgress || watcher.state.kind !== 'synced') return undefined;
  watcher.wantsProgress = false;
  return { kind: 'progress', revision: revision(space.durable.revision) };
}

function woken(watcher: Watcher): Promise<void> {
  return new Promise((resolve) => {
    watcher.wake = () => {
      watcher.wake = () => {};
      resolve();
    };
  });
}
