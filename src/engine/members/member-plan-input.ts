// SPDX-License-Identifier: Apache-2.0

import type { BootstrapKind, MemberReport, PeerEntry } from '../../model/index.js';
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
  readonly bootstrap: BootstrapKind;
  /** With `discovery`: how many members found the cluster. */
  readonly size: number;
  /** Who has registered under the token of this founding, in order; empty where there is none. */
  readonly slots: readonly PeerEntry[];
  /** In the order of the cluster file; 1 or more. */
  readonly wanted: readonly WantedMember[];
  readonly record: StoreRecord | undefined;
  readonly request: StoreRequest | undefined;
  readonly orders: ReadonlyMap<string, StandingOrder>;
  /** Of machines that are there now, by name. */
  readonly reports: ReadonlyMap<string, MemberReport>;
  readonly sight: ClusterSight;
  /** By name: since when a machine has said nothing, as far as this engine has seen; milliseconds since 1970. */
  readonly awaySince: ReadonlyMap<string, number>;
  /** How long a voter's machine may be away before its place is given up; nothing: for ever. */
  readonly replaceAfterMs: number | undefined;
  /** A machine was told to stop, or is being stopped: no time to take writes again. */
  readonly isStopping: boolean;
  /** 32 hex digits that nobody has used. */
  readonly newToken: () => string;
}
