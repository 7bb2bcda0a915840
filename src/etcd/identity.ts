// SPDX-License-Identifier: Apache-2.0

import type { MemberId, Revision } from '../model/index.js';

/** What a served store says of itself; `serveKv` asks anew for each answer, so getters may be used. */
export interface StoreIdentity {
  /** 64 bits, unsigned. */
  readonly clusterId: bigint;
  readonly memberId: MemberId;
  readonly name: string;
  /** Empty: the URL that `serveKv` listens on. */
  readonly clientUrls: readonly string[];
  readonly peerUrls: readonly string[];
  /** Of etcd, as clients compare it: `3.5.0`. */
  readonly version: string;
  dbSizeBytes(): number;
}

/** One row of `etcdctl member list`. */
export interface MemberRecord {
  readonly id: MemberId;
  /** Empty as long as the member was not started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** The state of the member that answered. */
export interface MemberStatus {
  readonly clusterId: bigint;
  readonly memberId: MemberId;
  readonly revision: Revision;
  readonly version: string;
  readonly dbSizeBytes: number;
  /** 0n: the cluster has no leader. */
  readonly leader: MemberId;
  readonly raftTerm: bigint;
  /** Of the last entry of its log: how far it is. */
  readonly raftIndex: bigint;
  readonly isLearner: boolean;
  /** Alarms and the like, as text. */
  readonly errors: readonly string[];
}
