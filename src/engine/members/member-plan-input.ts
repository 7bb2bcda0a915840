// SPDX-License-Identifier: Apache-2.0

import type { MemberReport } from '../../model/index.js';
import type { StandingOrder, StoreMember, StoreRecord, StoreRequest } from '../../registry/index.js';

/** What was heard of the cluster by asking it. */
export type ClusterSight =
  /** A quorum answered a read that needs one; nothing else proves who is in the cluster. */
  | {
      readonly kind: 'quorum';
      /** Hex, without leading zeros. */
      readonly clusterId: string;
      readonly members: readonly StoreMember[];
      /** Hex. */
      readonly leader: string;
      /** It takes no writes, by the alarm with which muster seals. */
      readonly isSealed: boolean;
      /** What etcd itself has raised an alarm about, in words. */
      readonly alarms: readonly string[];
    }
  | {
      readonly kind: 'silent';
      /** Milliseconds since 1970. */
      readonly since: number;
      readonly reason: string;
    };

/** A machine of the cluster file that shall be a member. */
export interface WantedMember {
  readonly name: string;
  /** What it will be reached by, until it says so itself. */
  readonly peerUrls: readonly string[];
}

export interface MemberPlanInput {
  readonly now: number;
  /** `static`: all members start together; `seed`: one starts, the others are added. */
  readonly bootstrap: 'static' | 'seed';
  /** In the order of the cluster file; 1 or more. */
  readonly wanted: readonly WantedMember[];
  readonly record: StoreRecord | undefined;
  readonly request: StoreRequest | undefined;
  readonly orders: ReadonlyMap<string, StandingOrder>;
  /** Of machines that are there now, by name. */
  readonly reports: ReadonlyMap<string, MemberReport>;
  readonly sight: ClusterSight;
  /** A machine was told to stop, or is being stopped: no time to take writes again. */
  readonly isStopping: boolean;
  /** 32 hex digits that nobody has used. */
  readonly newToken: () => string;
}
