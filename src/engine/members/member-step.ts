// SPDX-License-Identifier: Apache-2.0

import type { MemberOrder, PeerEntry } from '../../model/index.js';
import type { StoreRecord } from '../../registry/index.js';

/** One thing to be done for the store's cluster. `reason` goes to the event log. */
export type MemberStep =
  /** Of muster's own records, in one revision. */
  | {
      readonly kind: 'write';
      readonly event: 'founding' | 'formed' | 'adopted' | 'unsealed' | 'restoring' | 'learned' | 'ordered';
      readonly record?: StoreRecord;
      readonly orders: ReadonlyMap<string, MemberOrder>;
      readonly isRequestDone?: boolean;
      readonly machine: string;
      readonly reason: string;
    }
  /** At muster's own discovery service: a token, with the slots of its own members taken. */
  | {
      readonly kind: 'reserve';
      readonly token: string;
      readonly size: number;
      readonly members: readonly PeerEntry[];
      /** With the token in it, and nobody told to start. */
      readonly record: StoreRecord;
      readonly reason: string;
    }
  /** At the cluster; each needs a quorum, and is at most one of a plan. */
  | {
      readonly kind: 'add';
      readonly machine: string;
      readonly peerUrls: readonly string[];
      /** Of the empty disk that the place is for. */
      readonly nonce: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'remove';
      readonly machine: string;
      readonly memberId: string;
      /** Where the member is asked first: one that answers is not removed. */
      readonly unlessAt?: readonly string[];
      readonly reason: string;
    }
  | {
      readonly kind: 'promote';
      readonly machine: string;
      readonly memberId: string;
      /** Where the learner itself is asked whether it is still the one. */
      readonly clientUrls: readonly string[];
      readonly reason: string;
    }
  | {
      readonly kind: 'update';
      readonly machine: string;
      readonly memberId: string;
      readonly peerUrls: readonly string[];
      readonly reason: string;
    }
  | { readonly kind: 'seal'; readonly reason: string }
  | { readonly kind: 'unseal'; readonly reason: string };
