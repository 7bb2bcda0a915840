// SPDX-License-Identifier: Apache-2.0

import { type Figure, figure } from '../etcd/index.js';
import type { Backend } from './backend.js';
import type { CommitTimes } from './commit-times.js';
import type { Counts } from './counts.js';
import type { Keyspace } from './keyspace.js';
import type { WatchHub } from './watch-hub.js';

export interface FigureParts {
  readonly backend: Backend;
  readonly space: Keyspace;
  readonly hub: WatchHub;
  readonly counts: Counts;
  readonly times: CommitTimes;
  /** Endless: -1. */
  readonly quotaBytes: number;
}

/** etcd's: from one millisecond to eight seconds. */
const secondBuckets = Array.from({ length: 14 }, (_, n) => 0.001 * 2 ** n);

/** What `/metrics` tells of a store, under etcd's names (what real etcd 3.5 prints there). */
export function storeFigures({
  backend,
  space,
  hub,
  counts,
  times,
  quotaBytes,
}: FigureParts): readonly Figure[] {
  const slow = () =>
    [...hub.all()].filter(({ state }) => state.kind === 'unsynced' || state.kind === 'victim');
  const inUse = () => Math.min(backend.inUseBytes(), backend.sizeBytes());
  return [
    figure('gauge', 'etcd_server_has_leader', 'Whether there is a leader; one member alone leads.', () => 1),
    figure('gauge', 'etcd_server_is_leader', 'Whether it leads; one member alone does.', () => 1),
    figure('gauge', 'etcd_server_is_learner', 'Whether it has no vote.', () => 0),
    figure(
      'counter',
      'etcd_server_leader_changes_seen_total',
      'Changes of leader: its own election.',
      () => 1,
    ),
    figure('gauge', 'etcd_server_quota_backend_bytes', 'The quota of the database.', () => quotaBytes),
    figure('gauge', 'etcd_mvcc_db_total_size_in_bytes', 'What the database takes on the disk.', () =>
      backend.sizeBytes(),
    ),
    figure('gauge', 'etcd_mvcc_db_total_size_in_use_in_bytes', 'What of it is used.', inUse),
    figure('counter', 'etcd_mvcc_range_total', 'Ranges that were read.', () => counts.ranges),
    figure('counter', 'etcd_mvcc_put_total', 'Puts.', () => counts.puts),
    figure('counter', 'etcd_mvcc_delete_total', 'Deletes of a key or a range.', () => counts.deletes),
    figure('counter', 'etcd_mvcc_txn_total', 'Transactions of more than one operation.', () => counts.txns),
    figure('gauge', 'etcd_debugging_mvcc_keys_total', 'Keys there are.', () => counts.keys),
    figure(
      'gauge',
      'etcd_debugging_mvcc_current_revision',
      'The newest revision.',
      () => space.durable.revision,
    ),
    figure(
      'gauge',
      'etcd_debugging_mvcc_compact_revision',
      'The revision of the last compaction.',
      () => space.durable.compactRevision,
    ),
    figure('gauge', 'etcd_debugging_mvcc_watcher_total', 'Watches.', () => [...hub.all()].length),
    figure('gauge', 'etcd_debugging_mvcc_slow_watcher_total', 'Watches behind.', () => slow().length),
    figure('counter', 'etcd_debugging_lease_granted_total', 'Leases granted.', () => counts.leasesGranted),
    figure('counter', 'etcd_debugging_lease_revoked_total', 'Leases revoked.', () => counts.leasesRevoked),
    figure('counter', 'etcd_debugging_lease_renewed_total', 'Leases renewed.', () => counts.leasesRenewed),
    figure(
      'counter',
      'etcd_debugging_server_lease_expired_total',
      'Leases that ran out.',
      () => counts.leasesExpired,
    ),
    {
      kind: 'histogram',
      name: 'etcd_disk_backend_commit_duration_seconds',
      help: 'How long commits take until they are on the disk, since `/metrics` was first asked for.',
      buckets: secondBuckets,
      follow: (observe) => times.follow(observe),
    },
  ];
}
