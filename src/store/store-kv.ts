// SPDX-License-Identifier: Apache-2.0

import type { Clock, Random } from '../effects/index.js';
import { fail, type Kv, type LeaseInfo, type TxnRequest, type TxnResponse } from '../etcd/index.js';
import { type LeaseId, leaseId, revision } from '../model/index.js';
import type { Change } from './change.js';
import type { Compaction } from './compaction.js';
import { type Counts, countKeys, countTxn } from './counts.js';
import type { GroupCommit } from './group-commit.js';
import { keyBytes } from './key.js';
import type { Keyspace } from './keyspace.js';
import { secondsLeft, stepLease } from './lease.js';
import type { Lease, LeaseBook } from './lease-book.js';
import { rangeAt } from './range.js';
import { checkDelete, checkPut, checkRange, checkTxn, type RequestLimits } from './request-check.js';
import {
  applyDelete,
  applyPut,
  applyTxn,
  checkChosen,
  checkPutAlone,
  choose,
  isReadOnly,
  readTxn,
} from './txn.js';
import { openWatch } from './watch.js';
import type { WatchHub } from './watch-hub.js';
import { openWriteTxn, type WriteTxn } from './write-txn.js';

export interface StoreKvDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly space: Keyspace;
  readonly book: LeaseBook;
  readonly hub: WatchHub;
  readonly commits: GroupCommit;
  readonly compaction: Compaction;
  readonly counts: Counts;
  readonly limits: RequestLimits;
  readonly minLeaseTtlSeconds: number;
  readonly isClosed: () => boolean;
}

/** The face of the core: check, decide in memory, wait for the disk, answer. */
export interface StoreKv extends Kv {
  /** As `revokeLease`, for a lease that ran out. */
  endLease(lease: Lease): Promise<void>;
}

const maxLeaseTtlSeconds = 9_000_000_000;

export function storeKv(deps: StoreKvDeps): StoreKv {
  const { space, book, counts, limits } = deps;
  return {
    async range(request) {
      refuseWhenClosed(deps);
      checkRange(request);
      counts.ranges += 1;
      return rangeAt(space, space.durable, request);
    },
    async put(request) {
      checkPut(request, limits);
      return decide(deps, (txn) => {
        checkPutAlone(space, book, space.head, request);
        counts.puts += 1;
        return applyPut(space, txn, request);
      });
    },
    async deleteRange(request) {
      checkDelete(request, limits);
      counts.deletes += 1;
      return decide(deps, (txn) => applyDelete(space, txn, request));
    },
    async txn(request) {
      const answer = await runTxn(deps, request);
      countTxn(counts, answer);
      return answer;
    },
    compact: (at, options) => compact(deps, at, options?.physical ?? false),
    watch: (request, signal) => openWatch(deps, request, signal),
    grantLease: (ttlSeconds, id) => grantLease(deps, ttlSeconds, id ?? leaseId(0n)),
    async revokeLease(id) {
      return decide(deps, (txn) => {
        const lease = book.find(id);
        if (lease === undefined) throw fail('etcd/lease-not-found');
        txn.revokeLease(lease, deps.clock.monotonic());
        counts.leasesRevoked += 1;
        return revision(txn.current());
      });
    },
    async endLease(lease) {
      await decide(deps, (txn) => {
        if (book.find(lease.id) !== lease) return;
        txn.revokeLease(lease, deps.clock.monotonic());
        counts.leasesRevoked += 1;
        counts.leasesExpired += 1;
      });
    },
    async keepAlive(id) {
      refuseWhenClosed(deps);
      return renew(deps, book.find(id));
    },
    async timeToLive(id, options) {
      await settled(deps);
      return leaseInfo(deps, id, options?.keys ?? false);
    },
    async leases() {
      await settled(deps);
      const now = deps.clock.monotonic();
      return [...book.all()].toSorted((a, b) => order(a, b, now)).map((lease) => lease.id);
    },
  };
}

/**
 * Runs one write in memory and waits until it is on disk, with all that was decided before it: what it was
 * decided on, and any refusal, must not rest on writes that a failing disk takes back.
 */
async function decide<T>(deps: StoreKvDeps, run: (txn: WriteTxn) => T): Promise<T> {
  refuseWhenClosed(deps);
  const failure = deps.commits.failure();
  if (failure !== undefined) throw failure;
  const txn = openWriteTxn(deps.space, deps.book);
  const outcome = attempt(txn, run);
  if (outcome.kind === 'done') {
    const decided = txn.finish((at, changes: readonly Change[]) => {
      countKeys(deps.counts, changes);
      deps.hub.publish(at, changes);
    });
    if (decided !== undefined) deps.commits.add(decided);
  }
  await deps.commits.durable();
  if (outcome.kind === 'refused') throw outcome.error;
  return outcome.value;
}

function attempt<T>(txn: WriteTxn, run: (txn: WriteTxn) => T) {
  try {
    return { kind: 'done', value: run(txn) } as const;
  } catch (error) {
    txn.abandon();
    return { kind: 'refused', error } as const;
  }
}

async function runTxn(deps: StoreKvDeps, request: TxnRequest): Promise<TxnResponse> {
  const { space, book } = deps;
  checkTxn(request, deps.limits);
  if (isReadOnly(request)) {
    refuseWhenClosed(deps);
    const chosen = choose(space, request, space.durable.revision);
    checkChosen(space, book, space.durable, chosen);
    return readTxn(space, space.durable, chosen);
  }
  return decide(deps, (txn) => {
    const chosen = choose(space, request, space.head.revision);
    checkChosen(space, book, space.head, chosen);
    return applyTxn(space, txn, chosen);
  });
}

async function compact(deps: StoreKvDeps, at: number, isPhysical: boolean) {
  const now = await decide(deps, (txn) => {
    const { head } = deps.space;
    if (at <= head.compactRevision) throw fail('etcd/compacted');
    if (at > head.revision) throw fail('etcd/future-revision');
    txn.compact(at);
    return revision(head.revision);
  });
  const forgotten = deps.compaction.forget();
  if (isPhysical) {
    await forgotten;
    await deps.space.backend.flush();
  }
  return now;
}

async function grantLease(deps: StoreKvDeps, wantedSeconds: number, wantedId: LeaseId) {
  if (wantedSeconds > maxLeaseTtlSeconds) throw fail('etcd/lease-ttl-too-large');
  const ttlSeconds = Math.max(deps.minLeaseTtlSeconds, wantedSeconds);
  return decide(deps, (txn) => {
    const id = wantedId === 0n ? freeLeaseId(deps) : wantedId;
    if (deps.book.find(id) !== undefined) throw fail('etcd/lease-exists');
    txn.grantLease(id, ttlSeconds, deps.clock.monotonic());
    deps.counts.leasesGranted += 1;
    return { id, ttlSeconds };
  });
}

/** Positive, as etcd's own: some clients print it signed. */
function freeLeaseId({ random, book }: StoreKvDeps): LeaseId {
  for (;;) {
    const bytes = random.bytes(8);
    const id = leaseId(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) >> 1n);
    if (id !== 0n && book.find(id) === undefined) return id;
  }
}

function renew({ clock, counts }: StoreKvDeps, lease: Lease | undefined): number | undefined {
  if (lease === undefined) return undefined;
  const { state } = stepLease(lease.state, { kind: 'renew' }, clock.monotonic());
  const isRenewed = state !== lease.state;
  lease.state = state;
  if (isRenewed) counts.leasesRenewed += 1;
  return isRenewed ? lease.grantedTtlSeconds : undefined;
}

function leaseInfo({ book, clock }: StoreKvDeps, id: LeaseId, hasKeys: boolean): LeaseInfo {
  const lease = book.find(id);
  if (lease === undefined) return { id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] };
  return {
    id,
    ttlSeconds: secondsLeft(lease.state, clock.monotonic()),
    grantedTtlSeconds: lease.grantedTtlSeconds,
    keys: hasKeys ? [...lease.keys].sort().map(keyBytes) : [],
  };
}

/** The next to run out first. */
function order(a: Lease, b: Lease, now: number): number {
  return secondsLeft(a.state, now) - secondsLeft(b.state, now) || (a.id < b.id ? -1 : 1);
}

async function settled(deps: StoreKvDeps): Promise<void> {
  refuseWhenClosed(deps);
  await deps.commits.durable().catch(() => {});
}

function refuseWhenClosed({ isClosed }: StoreKvDeps): void {
  if (isClosed()) throw fail('etcd/stopped');
}
