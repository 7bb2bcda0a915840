// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type MemberOrder, type MemberReport, memberFindings } from '../model/index.js';

/** One row of the cluster's member list; IDs in hex without leading zeros. */
export interface StoreMember {
  readonly id: string;
  /** Empty: never started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** Where a snapshot lies that a cluster is to be made of. */
export interface SnapshotSource {
  /** On the computer of the control process. */
  readonly path: string;
  readonly sha256: string;
  readonly revision: number;
}

export const storePhases = ['forming', 'formed', 'sealed'] as const;

/**
 * What muster knows of the etcd cluster that its machines run. Written by the engine's leader alone. It is the proof
 * of who belongs to it, outside the machines.
 */
export interface StoreRecord {
  /**
   * `forming`: machines were told to found it, and no quorum has answered yet. `formed`: a quorum has answered. `sealed`:
   * it takes no writes any more, and `restore` holds all of it.
   */
  readonly phase: (typeof storePhases)[number];
  /** Of this bootstrap; never used for another. */
  readonly token: string;
  /** Hex; empty as long as it is forming. */
  readonly clusterId: string;
  /** The member list that a quorum told last. */
  readonly members: readonly StoreMember[];
  /** By machine. */
  readonly places: Readonly<Record<string, MemberPlace>>;
  /**
   * Peer URLs for which a learner is being added. Written before etcd is asked, so that a learner whose place was never
   * written down is known for what it is, wherever its machine is meanwhile.
   */
  readonly adding?: readonly string[] | undefined;
  /** Clusters, by ID in hex, that this one was made in place of: whatever is left of them counts for nothing. */
  readonly givenUp?: readonly string[] | undefined;
  /** Where machines of others register, or find that it is full. Of the founding; it outlives a restore. */
  readonly discovery?: { readonly url: string; readonly size: number } | undefined;
  /** What the first member is made of; nothing: it starts empty. */
  readonly restore?: SnapshotSource | undefined;
}

/** The place in the cluster that an empty disk was given. It is good for that disk and no other. */
export interface MemberPlace {
  readonly nonce: string;
  /** Empty for founders, who learn theirs by starting. */
  readonly memberId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many in a row led to nothing before this one. */
  readonly failures: number;
}

/** How the store's cluster does, in words. Written by the engine's leader, on each change. */
export interface StoreView {
  readonly state: 'waiting' | 'forming' | 'ok' | 'healing' | 'no-quorum' | 'sealed';
  readonly reason: string;
  /** Milliseconds since 1970: since when it is in this state. */
  readonly since: number;
  /** Hex; empty: none is known. */
  readonly leader: string;
  /** By machine. */
  readonly members: Readonly<Record<string, StoreMemberView>>;
}

export interface StoreMemberView {
  readonly id: string;
  readonly state: 'voter' | 'learner' | 'starting' | 'empty' | 'lost' | 'wiping' | 'stopped' | 'failed';
  readonly reason: string;
  readonly since: number;
}

/** What an operator asks of the store's cluster. */
export type StoreRequest =
  /** Take no more writes, save all, be ready to stop; it stays so until the request is withdrawn. */
  | { readonly kind: 'seal'; readonly at: number }
  /** Give up the cluster there is and make one of the snapshot. */
  | {
      readonly kind: 'restore';
      readonly at: number;
      readonly snapshot: SnapshotSource;
      readonly reason: string;
    };

/** One thing that happened to the store's cluster, or to a unit, and why. */
export interface StoreEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: string;
  /** Empty: the cluster as a whole. */
  readonly machine: string;
  readonly memberId: string;
  readonly unit?: string | undefined;
  readonly reason: string;
}

const strings = z.array(z.string());
const disk = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('empty'), nonce: z.string() }),
  z.object({ kind: z.literal('data'), memberId: z.string(), clusterId: z.string() }),
  z.object({ kind: z.literal('unreadable'), reason: z.string() }),
]);
const processState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('starting') }),
  z.object({ kind: z.literal('serving') }),
  z.object({ kind: z.literal('ended'), finding: z.enum(memberFindings), words: z.string() }),
]);

export const memberReportSchema: z.ZodType<MemberReport> = z.object({
  disk,
  process: processState,
  version: z.string(),
  peerUrls: strings,
  clientUrls: strings,
  order: z.number(),
  problems: strings.optional(),
});

const peers = z.array(z.object({ name: z.string(), urls: strings }));
export const memberOrderSchema: z.ZodType<MemberOrder> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hold'), reason: z.string() }),
  z.object({
    kind: z.literal('start'),
    nonce: z.string(),
    name: z.string(),
    state: z.enum(['new', 'existing']),
    token: z.string(),
    initialCluster: peers,
  }),
  z.object({ kind: z.literal('resume'), memberId: z.string(), name: z.string() }),
  z.object({
    kind: z.literal('restore'),
    nonce: z.string(),
    name: z.string(),
    token: z.string(),
    initialCluster: peers,
    snapshot: z.object({ url: z.string(), ticket: z.string(), sha256: z.string() }),
  }),
  z.object({ kind: z.literal('wipe'), memberId: z.string(), reason: z.string() }),
]);

const snapshotSource = z.object({ path: z.string(), sha256: z.string(), revision: z.number() });

export const storeRecordSchema: z.ZodType<StoreRecord> = z.object({
  phase: z.enum(storePhases),
  token: z.string(),
  clusterId: z.string(),
  members: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      peerUrls: strings,
      clientUrls: strings,
      isLearner: z.boolean(),
    }),
  ),
  places: z.record(
    z.string(),
    z.object({ nonce: z.string(), memberId: z.string(), at: z.number(), failures: z.number() }),
  ),
  adding: strings.optional(),
  givenUp: strings.optional(),
  discovery: z.object({ url: z.string(), size: z.number() }).optional(),
  restore: snapshotSource.optional(),
});

export const storeViewSchema: z.ZodType<StoreView> = z.object({
  state: z.enum(['waiting', 'forming', 'ok', 'healing', 'no-quorum', 'sealed']),
  reason: z.string(),
  since: z.number(),
  leader: z.string(),
  members: z.record(
    z.string(),
    z.object({
      id: z.string(),
      state: z.enum(['voter', 'learner', 'starting', 'empty', 'lost', 'wiping', 'stopped', 'failed']),
      reason: z.string(),
      since: z.number(),
    }),
  ),
});

export const storeRequestSchema: z.ZodType<StoreRequest> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('seal'), at: z.number() }),
  z.object({ kind: z.literal('restore'), at: z.number(), snapshot: snapshotSource, reason: z.string() }),
]);

export const storeEventSchema: z.ZodType<StoreEvent> = z.object({
  at: z.number(),
  kind: z.string(),
  machine: z.string(),
  memberId: z.string(),
  unit: z.string().optional(),
  reason: z.string(),
});
