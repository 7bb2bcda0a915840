// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../effects/index.js';
import { type LeaseId, leaseId, type Revision, revision } from '../model/index.js';
import { fail } from './errors.js';
import { MessageQueue } from './grpc/message-queue.js';
import type { KeyRange, Kv, WatchEvent, Watching, WatchMessage, WatchRequest } from './kv.js';
import { isInRange, MemoryKeys, nameOf } from './memory-keys.js';

/** A `Kv` of plain maps, with switches for the bad days of a store. */
export interface MemoryKv extends Kv {
  /** While away, calls throw `etcd/unavailable` and open watches break with it. */
  setAway(isAway: boolean): void;
  /** While on, `keepAlive` and `grantLease` wait without an answer. */
  setHanging(isHanging: boolean): void;
  /** Open watches. */
  watchCount(): number;
  /** Stops the clocks of all leases. */
  close(): void;
}

interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  endsAt: number;
  readonly timer: AbortController;
}

interface Watcher {
  readonly request: WatchRequest;
  readonly out: MessageQueue<WatchMessage>;
}

/** The in-memory double of the store: every semantic that tests of this room lean on, and no more speed. */
export function memoryKv({ clock }: { readonly clock: Clock }): MemoryKv {
  const keys = new MemoryKeys();
  const leases = new Map<bigint, Lease>();
  const watchers = new Set<Watcher>();
  const state = { isAway: false, isHanging: false, nextLease: 7_000_000_000_000_000_001n };

  /** Does one change in a revision of its own, if it changes anything. */
  const commit = <T>(change: (at: Revision) => T): T => {
    const before = keys.log.length;
    const answer = attempt(
      () => change(revision(keys.current + 1)),
      () => keys.undo(before),
    );
    const events = keys.log.slice(before);
    if (events.length > 0) keys.current = revision(keys.current + 1);
    for (const watcher of watchers) tell(watcher, keys.current, events);
    return answer;
  };
  const stamped = <T extends { readonly revision: Revision }>(answer: T): T => ({
    ...answer,
    revision: keys.current,
  });
  const present = () => {
    if (state.isAway) throw fail('etcd/unavailable', { reason: 'the memory store is away' });
  };
  const answered = async () => {
    present();
    if (state.isHanging) await new Promise<never>(() => {});
  };
  const leaseOf = (id: LeaseId): Lease => {
    const lease = leases.get(id);
    if (lease === undefined) throw fail('etcd/lease-not-found');
    return lease;
  };
  const attached = (id: LeaseId) =>
    keys.inRange({ key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }).filter((kv) => kv.lease === id);
  const endLease = (lease: Lease): Revision => {
    leases.delete(lease.id);
    lease.timer.abort();
    commit((at) => attached(lease.id).map((kv) => keys.deleteRange({ key: kv.key }, at)));
    return keys.current;
  };
  const runDown = async (lease: Lease) => {
    while (!lease.timer.signal.aborted && clock.monotonic() < lease.endsAt) {
      await clock.sleep(lease.endsAt - clock.monotonic(), lease.timer.signal);
    }
    if (!lease.timer.signal.aborted) endLease(lease);
  };
  const checkLease = (id: LeaseId | undefined) => {
    if (id !== undefined && id !== 0n) leaseOf(id);
  };

  return {
    async range(request) {
      present();
      return keys.range(request);
    },
    async put(request) {
      present();
      checkLease(request.lease);
      return stamped(commit((at) => keys.put(request, at)));
    },
    async deleteRange(request) {
      present();
      return stamped(commit((at) => keys.deleteRange(request, at)));
    },
    async txn(request) {
      present();
      for (const op of [...request.success, ...request.failure]) {
        if (op.kind === 'put') checkLease(op.request.lease);
      }
      return stamped(commit((at) => keys.txn(request, at)));
    },
    async compact(at) {
      present();
      if (at > keys.current) throw fail('etcd/future-revision');
      if (at <= keys.compacted) throw fail('etcd/compacted');
      keys.compacted = at;
      return keys.current;
    },
    watch(request, signal): Watching {
      const out = new MessageQueue<WatchMessage>(1_000);
      const watcher = { request, out };
      return {
        requestProgress: () => out.push({ kind: 'progress', revision: keys.current }),
        async *[Symbol.asyncIterator]() {
          present();
          const stop = () => out.finish();
          signal.addEventListener('abort', stop, { once: true });
          if (signal.aborted) stop();
          startWatch(keys, watcher);
          watchers.add(watcher);
          try {
            yield* out;
          } finally {
            watchers.delete(watcher);
          }
        },
      };
    },
    async grantLease(ttlSeconds, id) {
      await answered();
      if (id !== undefined && leases.has(id)) throw fail('etcd/lease-exists');
      const granted = Math.max(1, ttlSeconds);
      state.nextLease += 1n;
      const timer = new AbortController();
      const endsAt = clock.monotonic() + granted * 1_000;
      const lease = { id: id ?? leaseId(state.nextLease), ttlSeconds: granted, endsAt, timer };
      leases.set(lease.id, lease);
      void runDown(lease);
      return { id: lease.id, ttlSeconds: granted };
    },
    async revokeLease(id) {
      present();
      return endLease(leaseOf(id));
    },
    async keepAlive(id) {
      await answered();
      const lease = leases.get(id);
      if (lease === undefined) return undefined;
      lease.endsAt = clock.monotonic() + lease.ttlSeconds * 1_000;
      return lease.ttlSeconds;
    },
    async timeToLive(id, options) {
      present();
      const lease = leases.get(id);
      if (lease === undefined) return { id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] };
      const ttlSeconds = Math.floor((lease.endsAt - clock.monotonic()) / 1_000);
      const held = options?.keys === true ? attached(id).map((kv) => kv.key) : [];
      return { id, ttlSeconds, grantedTtlSeconds: lease.ttlSeconds, keys: held };
    },
    async leases() {
      present();
      return [...leases.values()].map((lease) => lease.id);
    },
    setAway(isAway) {
      state.isAway = isAway;
      if (!isAway) return;
      for (const { out } of watchers)
        out.fail(fail('etcd/unavailable', { reason: 'the memory store went away' }));
    },
    setHanging(isHanging) {
      state.isHanging = isHanging;
    },
    watchCount: () => watchers.size,
    close() {
      for (const lease of leases.values()) lease.timer.abort();
    },
  };
}

function attempt<T>(work: () => T, undo: () => void): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}

function startWatch(keys: MemoryKeys, watcher: Watcher): void {
  const { request, out } = watcher;
  const start = request.startRevision ?? 0;
  out.push({ kind: 'created', revision: keys.current });
  if (start !== 0 && keys.compacted > 0 && start <= keys.compacted) {
    out.push({ kind: 'compacted', compactRevision: revision(keys.compacted) });
    out.finish();
  } else if (start !== 0) tell(watcher, keys.current, keys.log);
}

function tell(watcher: Watcher, at: Revision, events: readonly WatchEvent[]): void {
  const { request, out } = watcher;
  const wanted = events.filter((event) => isWanted(request, event)).map((event) => shown(request, event));
  if (wanted.length > 0) out.push({ kind: 'events', revision: at, events: wanted });
}

function isWanted(request: WatchRequest & KeyRange, event: WatchEvent): boolean {
  if (event.kv.modRevision < (request.startRevision ?? 0)) return false;
  if (request.filters?.includes(event.kind === 'put' ? 'no-put' : 'no-delete') === true) return false;
  return isInRange(request, nameOf(event.kv.key));
}

function shown(request: WatchRequest, event: WatchEvent): WatchEvent {
  if (request.prevKv === true) return event;
  return { kind: event.kind, kv: event.kv };
}
