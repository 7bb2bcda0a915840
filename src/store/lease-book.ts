// SPDX-License-Identifier: Apache-2.0

import type { LeaseId } from '../model/index.js';
import { deadlineOf, type LeaseState, stepLease } from './lease.js';
import { sortedMap } from './sorted-map.js';

export interface Lease {
  readonly id: LeaseId;
  readonly grantedTtlSeconds: number;
  readonly keys: Set<string>;
  state: LeaseState;
}

/** All leases in memory, with the keys that hang on them and the order in which they run out. */
export interface LeaseBook {
  find(id: LeaseId): Lease | undefined;
  all(): Iterable<Lease>;
  add(lease: Lease): void;
  remove(id: LeaseId): void;
  /** Does nothing when there is no such lease. */
  attach(id: LeaseId, key: string): void;
  detach(id: LeaseId, key: string): void;
  /** When to ask for `due` next, monotonic milliseconds; may be too early. */
  nextDeadline(): number | undefined;
  /** Marks the leases that have run out and returns them, also those that should have been revoked before. */
  due(now: number): readonly Lease[];
  /** Fires when something may have to be done earlier than `nextDeadline` said; only the newest one does. */
  alarm(): AbortSignal;
  ring(): void;
}

export function leaseBook(): LeaseBook {
  const leases = new Map<LeaseId, Lease>();
  const agenda = openAgenda();
  const bell = { alarm: new AbortController() };
  const plan = (lease: Lease) => {
    const at = deadlineOf(lease.state) ?? 0;
    if (at < (agenda.first()?.at ?? Number.POSITIVE_INFINITY)) bell.alarm.abort();
    agenda.set(lease.id, at);
  };
  return {
    find: (id) => leases.get(id),
    all: () => leases.values(),
    add(lease) {
      leases.set(lease.id, lease);
      plan(lease);
    },
    remove(id) {
      leases.delete(id);
      agenda.remove(id);
    },
    attach: (id, key) => leases.get(id)?.keys.add(key),
    detach: (id, key) => leases.get(id)?.keys.delete(key),
    nextDeadline: () => agenda.first()?.at,
    due(now) {
      const ended: Lease[] = [];
      for (let next = agenda.first(); next !== undefined && next.at <= now; next = agenda.first()) {
        agenda.remove(next.id);
        const lease = leases.get(next.id);
        if (lease === undefined) continue;
        const { state, actions } = stepLease(lease.state, { kind: 'tick' }, now);
        lease.state = state;
        if (actions.some((action) => action.kind === 'revoke')) ended.push(lease);
        plan(lease);
      }
      return ended;
    },
    alarm() {
      bell.alarm = new AbortController();
      return bell.alarm.signal;
    },
    ring: () => bell.alarm.abort(),
  };
}

interface Deadline {
  readonly id: LeaseId;
  readonly at: number;
}

/**
 * One deadline for each lease, the earliest first. A renewal only moves a deadline away, so it need not be told:
 * the old one comes, and the lease is looked at again.
 */
function openAgenda() {
  const byTime = sortedMap<Deadline>();
  const byLease = new Map<LeaseId, string>();
  const remove = (id: LeaseId) => {
    const text = byLease.get(id);
    if (text === undefined) return;
    byTime.delete(text);
    byLease.delete(id);
  };
  return {
    remove,
    set(id: LeaseId, at: number) {
      remove(id);
      const text = `${String(Math.ceil(at)).padStart(20, '0')} ${id}`;
      byTime.set(text, { id, at });
      byLease.set(id, text);
    },
    first(): Deadline | undefined {
      const found: Deadline[] = [];
      byTime.scan('', undefined, (_text, deadline) => found.push(deadline) === 0);
      return found[0];
    },
  };
}
