// SPDX-License-Identifier: Apache-2.0

import type { MemberId, Revision } from '../model/index.js';

/** `no-space`: the quota is used up and only deleting and compacting are taken. `corrupt`: nothing is. */
export type AlarmKind = 'no-space' | 'corrupt';

export interface Alarm {
  readonly memberId: MemberId;
  readonly kind: AlarmKind;
}

/** What a store says of its database; the service adds name, ids, revision and leader. */
export interface StoreStatus {
  /** The file, with the space that was freed and not given back. */
  readonly sizeBytes: number;
  readonly inUseBytes: number;
  /** Counts up with each change that was written; the revision will do. */
  readonly appliedIndex: bigint;
  /** Why nothing can be written until the next start; alarms, which the service names itself, are left out. */
  readonly errors: readonly string[];
}

export interface KvHash {
  /** 32 bits: of two stores with the same history the same, etcd included. */
  readonly hash: number;
  /** 0 or -1: never compacted, as etcd has it: -1. */
  readonly compactRevision: number;
  /** Up to where it was hashed. */
  readonly revision: Revision;
}

/** A database of etcd as one file: what `snapshot save` stores, without the checksum, which the service appends. */
export interface Snapshot {
  readonly sizeBytes: number;
  /** In order, `sizeBytes` in all, in pieces of any size; iterated once. Leaving the loop frees what it holds. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** The care of one member's database: what service etcdserverpb.Maintenance asks of a store. */
export interface Maintenance {
  status(): Promise<StoreStatus>;
  /** Of everything stored, leases and users too; 32 bits, etcd's own of such a database. */
  hash(): Promise<number>;
  /**
   * Of all keys and their history from the last compaction up to `revision`; 0: the newest.
   *
   * @throws `etcd/compacted`, `etcd/future-revision`
   */
  hashKv(revision: number): Promise<KvHash>;
  /** A state of one moment; writes go on meanwhile. Ends early when `signal` fires. */
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  /** Gives freed space back to the disk. */
  defragment(): Promise<void>;
  /** Those that are raised. Cheap: asked for each `/health`. */
  alarms(): Promise<readonly Alarm[]>;
  /**
   * Raises one by hand; repeating it changes nothing. A member id of 0 is kept as such, as in etcd, and is an
   * alarm of its own; a raised one counts whoever it names.
   */
  activateAlarm(alarm: Alarm): Promise<void>;
  /** Takes down the one with this member id and kind. False: it was not up. */
  deactivateAlarm(alarm: Alarm): Promise<boolean>;
}

/** What a store may do about its own place in a cluster of one. */
export interface Cluster {
  /** Keeps the peer URLs, which `StoreIdentity` tells from then on. They were checked. */
  setPeerUrls(urls: readonly string[]): Promise<void>;
}
