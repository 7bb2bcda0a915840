// SPDX-License-Identifier: Apache-2.0

import type { Clock, Handler, Listening, ListenOptions, Log, Random } from '../effects/index.js';
import {
  type Auth,
  type Cluster,
  guardedV2,
  type Kv,
  type Maintenance,
  type ServeKvDeps,
  type StoreIdentity,
  serveKv,
} from '../etcd/index.js';
import { isMusterError, type MemberId } from '../model/index.js';
import { openAlarms } from './alarms.js';
import { openAuth } from './auth.js';
import { type AutoCompaction, runAutoCompaction } from './auto-compaction.js';
import type { Backend } from './backend.js';
import { cappedKv } from './capped-kv.js';
import { openCluster } from './cluster.js';
import { commitTimes } from './commit-times.js';
import { openCompaction } from './compaction.js';
import { type Counts, newCounts } from './counts.js';
import { fail } from './errors.js';
import { storeFigures } from './figures.js';
import { groupCommit } from './group-commit.js';
import { type Keyspace, loadKeyspace, loadLeases } from './keyspace.js';
import { grantedLease } from './lease.js';
import { type LeaseBook, leaseBook } from './lease-book.js';
import { openLeaseExpiry } from './lease-expiry.js';
import { openMaintenance } from './maintenance.js';
import { memoryBackend } from './memory-backend.js';
import { runProgress } from './progress.js';
import { defaultQuotaBytes, openQuota } from './quota.js';
import { requestChecks } from './request-check.js';
import { type MintedIds, openIdentity } from './store-identity.js';
import { storeKv } from './store-kv.js';
import { verifyStore } from './verify-store.js';
import { watchHub } from './watch-hub.js';

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface StoreOptions {
  /** Made when it is missing; left out: memory only, gone on close. */
  readonly folder?: string;
  /** The member's name in `member list`; `default` when left out, as etcd's. */
  readonly name?: string;
  /** Shorter leases are lengthened to this; 2 when left out, as etcd with its default election timeout. */
  readonly minLeaseTtlSeconds?: number;
  /** Compares or operations in a txn; 128 when left out, as etcd. */
  readonly maxTxnOps?: number;
  /** 1.5 MiB when left out, as etcd. */
  readonly maxRequestBytes?: number;
  /** What may wait in memory for one slow watcher, apart from a single larger revision; 1 MiB when left out. */
  readonly maxWatchQueueBytes?: number;
  /** How often a quiet watch that asked for it gets a `progress`; 10 minutes when left out, as etcd. */
  readonly progressIntervalMs?: number;
  /** Beyond it NOSPACE is raised. 0 or left out: 2 GiB, as etcd; negative: none. */
  readonly quotaBytes?: number;
  /** Left out: nothing is forgotten by itself, as in etcd. */
  readonly autoCompaction?: AutoCompaction;
  /** `full`: every entry is read and followed from write to write before the store opens; `quick` when left out. */
  readonly verify?: 'quick' | 'full';
  /** Of a token that is not used; 300 when left out, as etcd. */
  readonly authTokenTtlSeconds?: number;
  /** What `member list` tells; left out: the URL that is served. */
  readonly clientUrls?: readonly string[];
  /** What `member list` tells until they are set; `http://localhost:2380` when left out, as etcd. */
  readonly peerUrls?: readonly string[];
}

export interface StoreListen extends ListenOptions {
  /** Left out: without TLS. */
  readonly tls?: NonNullable<ServeKvDeps['tls']>;
  /** Answers what muster itself does not serve over plain HTTP: `/v2/…`, for users as `guardedV2`. Left out: 404. */
  readonly http?: Handler;
}

/** The embedded store: one etcd member in this process. */
export interface Store extends AsyncDisposable {
  /** Under the alarms and the quota, but not under users and permissions, which are for those who are served. */
  readonly kv: Kv;
  readonly maintenance: Maintenance;
  readonly cluster: Cluster;
  readonly auth: Auth;
  readonly clusterId: bigint;
  readonly memberId: MemberId;
  /**
   * Speaks etcd's gRPC at this address, until closed or until the store is; may be called for several. A taken
   * port is thrown as Node's error.
   */
  serve(listen: StoreListen): Promise<Listening>;
  /** Waits for writes under way, ends watches with `etcd/unavailable`, closes what serves. May be called again. */
  close(): Promise<void>;
}

/** What etcd clients are told; the release whose behaviour the store follows. */
const etcdVersion = '3.5.16';
const defaultPeerUrls = ['http://localhost:2380'];

/**
 * Opens the store in a folder, or makes a new one.
 *
 * A write is answered when it is on disk, and reads and watches show nothing else: after a crash at any moment
 * every answered write is there, each txn whole or not at all. Leases start with their full time again.
 *
 * @throws `store/in-use`, `store/corrupt`, `store/disk-full`, `store/folder-unusable`
 *
 * Cost: reads the whole store once, 5 to 10 seconds for a million records.
 */
export async function openStore(deps: StoreDeps, options: StoreOptions = {}): Promise<Store> {
  return openStoreOn(await openBackend(options.folder), deps, options);
}

/** As `openStore`, on a backend that the store then owns. */
export async function openStoreOn(
  backend: Backend,
  deps: StoreDeps,
  options: StoreOptions = {},
): Promise<Store> {
  try {
    const ids = await openIdentity(backend, deps.random);
    const space = loadKeyspace(backend);
    if (options.verify === 'full') await verifyStore(backend);
    return startStore(deps, options, backend, ids, space);
  } catch (error) {
    await backend.close();
    if (isMusterError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('store/corrupt', { folder: options.folder ?? 'memory', reason }, error);
  }
}

/** LMDB is loaded only when it is needed: the load alone takes tens of milliseconds. */
async function openBackend(folder: string | undefined): Promise<Backend> {
  if (folder === undefined) return memoryBackend();
  const { diskBackend } = await import('./disk-backend.js');
  return diskBackend(folder);
}

function startStore(
  deps: StoreDeps,
  options: StoreOptions,
  backend: Backend,
  ids: MintedIds,
  space: Keyspace,
): Store {
  const counts = newCounts();
  const book = loadBook(backend, space, deps.clock, counts);
  const hub = watchHub(space, options.maxWatchQueueBytes ?? 1024 * 1024);
  const times = commitTimes(backend, deps.clock);
  const commits = groupCommit(times, (error) => isMusterError(error, 'store/disk-full'));
  const compaction = openCompaction({ ...deps, space, commits });
  const state: { isClosed: boolean; closing: Promise<void> | undefined } = {
    isClosed: false,
    closing: undefined,
  };
  const isClosed = () => state.isClosed;
  const limits = {
    maxTxnOps: options.maxTxnOps ?? 128,
    maxRequestBytes: options.maxRequestBytes ?? 1.5 * 1024 * 1024,
  };
  const minLeaseTtlSeconds = options.minLeaseTtlSeconds ?? 2;
  const core = storeKv({
    ...deps,
    space,
    book,
    hub,
    commits,
    compaction,
    counts,
    limits,
    minLeaseTtlSeconds,
    isClosed,
  });
  const alarms = openAlarms({ backend, commits });
  const quotaBytes = options.quotaBytes || defaultQuotaBytes;
  const hasRoom = openQuota(() => backend.sizeBytes(), quotaBytes);
  const kv = cappedKv({ kv: core, alarms, hasRoom, limits, memberId: ids.memberId });
  const maintenance = openMaintenance({ backend, space, commits, compaction, alarms, isClosed });
  const cluster = openCluster({ backend, commits }, options.peerUrls ?? defaultPeerUrls);
  const auth = openAuth({ ...deps, backend, commits }, options.authTokenTtlSeconds ?? 300);
  const expiry = openLeaseExpiry({ ...deps, book, revoke: core.endLease });
  // Whatever a crash left half-forgotten.
  void compaction.forget();
  const stop = new AbortController();
  const progress = runProgress(deps.clock, hub, options.progressIntervalMs ?? 600_000, stop.signal);
  const compacting =
    options.autoCompaction === undefined
      ? Promise.resolve()
      : runAutoCompaction(
          { ...deps, revision: () => space.durable.revision, compact: (at) => kv.compact(at) },
          options.autoCompaction,
          stop.signal,
        );
  const figures = storeFigures({ backend, space, hub, counts, times, quotaBytes });
  const serving = new Set<Listening>();
  const close = async () => {
    await Promise.all([...serving].map((listening) => listening.close()));
    state.isClosed = true;
    stop.abort();
    for (const watcher of hub.all()) {
      watcher.ended = true;
      watcher.wake();
    }
    await Promise.all([expiry.close(), compaction.close(), progress, compacting]);
    await commits.durable().catch(() => {});
    await backend.close();
  };
  const closeOnce = () => {
    state.closing ??= close();
    return state.closing;
  };
  const identity: StoreIdentity = {
    ...ids,
    name: options.name ?? 'default',
    clientUrls: options.clientUrls ?? [],
    get peerUrls() {
      return cluster.peerUrls();
    },
    version: etcdVersion,
    dbSizeBytes: () => backend.sizeBytes(),
  };
  return {
    kv,
    maintenance,
    cluster,
    auth,
    ...ids,
    async serve({ tls, http, ...listen }) {
      const given = {
        ...(tls === undefined ? {} : { tls }),
        ...(http === undefined ? {} : { http: guardedV2(auth, http) }),
      };
      const listening = await serveKv(
        {
          kv,
          identity,
          maintenance,
          cluster,
          auth,
          checks: requestChecks(limits),
          figures,
          log: deps.log,
          ...given,
        },
        listen,
      );
      serving.add(listening);
      return listening;
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** Nobody could renew a lease while the store was away, so each starts anew. */
function loadBook(backend: Backend, space: Keyspace, clock: Clock, counts: Counts): LeaseBook {
  const book = leaseBook();
  const now = clock.monotonic();
  for (const { id, ttlSeconds } of loadLeases(backend)) {
    book.add({
      id,
      grantedTtlSeconds: ttlSeconds,
      keys: new Set(),
      state: grantedLease(ttlSeconds, now),
    });
  }
  const everything = { from: '', to: undefined, isPoint: false };
  space.index.each(everything, space.head.revision, (key, version) => {
    counts.keys += 1;
    if (version.lease !== 0n) book.attach(version.lease, key);
    return true;
  });
  return book;
}
