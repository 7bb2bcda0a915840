// SPDX-License-Identifier: Apache-2.0

/** What the disk of a machine holds of etcd. */
export type MemberDisk =
  /** Nothing. The nonce is minted each time that was found or made so: it proves that no older data is there. */
  | { readonly kind: 'empty'; readonly nonce: string }
  /** IDs in hex, as the write-ahead log has them; no leading zeros. */
  | { readonly kind: 'data'; readonly memberId: string; readonly clusterId: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

export const memberFindings = [
  'removed',
  'amnesiac',
  'bootstrapped',
  'stale-list',
  'no-peers',
  'other-cluster',
  'damaged',
  'refused-flags',
  'port-taken',
  'unknown',
] as const;

/**
 * Why a member's process ended, as its last words tell. `removed`: the cluster has removed it; `amnesiac`: it lacks
 * what it had acknowledged under its ID; `bootstrapped`: its ID is taken by an earlier life; `stale-list`: the
 * member list it was given is not the cluster's; `no-peers`: nobody answered it; `other-cluster`: its data is of another.
 */
export type MemberFinding = (typeof memberFindings)[number];

export type MemberProcess =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  /** It has joined its cluster and answers clients. */
  | { readonly kind: 'serving' }
  | {
      readonly kind: 'ended';
      readonly finding: MemberFinding;
      /** Its last words that mean something, one line. */
      readonly words: string;
    };

/** What a machine says of the store's member on it. */
export interface MemberReport {
  readonly disk: MemberDisk;
  readonly process: MemberProcess;
  /** Of the program, `3.5.16`; empty: none was found. */
  readonly version: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** Mod revision of the order it obeys or has obeyed; 0: none yet. */
  readonly order: number;
  /** Settings of the unit that etcd is not given, and why; none when left out. */
  readonly problems?: readonly string[] | undefined;
}

export const bootstrapKinds = ['static', 'seed', 'discovery', 'srv'] as const;

/**
 * How a cluster begins and is found. `static`: its members begin together; `seed`: one begins and the others are added to
 * it; `discovery`: together, under a token by which machines of others can join them; `srv`: together, and the DNS says
 * where they are.
 */
export type BootstrapKind = (typeof bootstrapKinds)[number];

/** A member and its peer URLs, as `initial-cluster` lists them. */
export interface PeerEntry {
  readonly name: string;
  readonly urls: readonly string[];
}

/** What a machine shall do with its member. An order that does not fit its disk any more is void. */
export type MemberOrder =
  /** Run nothing. */
  | { readonly kind: 'hold'; readonly reason: string }
  /** Start on the empty disk that has this nonce, and on no other. */
  | {
      readonly kind: 'start';
      readonly nonce: string;
      readonly name: string;
      /** `new`: all in the list start together; `existing`: it was added to a cluster that runs. */
      readonly state: 'new' | 'existing';
      readonly token: string;
      readonly initialCluster: readonly PeerEntry[];
    }
  /** Start with the data that the disk holds. */
  | { readonly kind: 'resume'; readonly memberId: string; readonly name: string }
  /** Make the data of a snapshot on the empty disk that has this nonce, for a new cluster, and start. */
  | {
      readonly kind: 'restore';
      readonly nonce: string;
      readonly name: string;
      readonly token: string;
      /** All of them begin with the same snapshot. */
      readonly initialCluster: readonly PeerEntry[];
      readonly snapshot: { readonly url: string; readonly ticket: string; readonly sha256: string };
    }
  /** Stop what runs and delete the data, whose member ID is this; `any`: whatever there is. */
  | { readonly kind: 'wipe'; readonly memberId: string; readonly reason: string };
