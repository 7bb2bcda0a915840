// SPDX-License-Identifier: Apache-2.0

import type { LeaseId, Revision } from '../model/index.js';

/** One key at one revision. */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** Writes since the key's creation, 1 for the first. */
  readonly version: number;
  /** 0n: hangs on no lease. */
  readonly lease: LeaseId;
}

/**
 * A single key, or with `rangeEnd` the half-open interval [key, rangeEnd) in byte order. As on etcd's wire,
 * a `rangeEnd` of one zero byte means "to the end", and a `key` of one zero byte "from the start".
 */
export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
}

export interface RangeRequest extends KeyRange {
  /** 0 or left out: no limit. */
  readonly limit?: number;
  /** 0 or left out: the newest. */
  readonly revision?: number;
  readonly sortOrder?: 'none' | 'ascend' | 'descend';
  readonly sortTarget?: 'key' | 'version' | 'create' | 'mod' | 'value';
  /** May be answered from a member's own state, without asking the quorum. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface RangeResponse {
  /** Of the store when it answered, not of the request. */
  readonly revision: Revision;
  readonly kvs: readonly KeyValue[];
  /** True when `limit` cut the answer. */
  readonly more: boolean;
  /** Keys in the range, whatever `limit`. */
  readonly count: number;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease?: LeaseId;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface PutResponse {
  readonly revision: Revision;
  readonly prevKv?: KeyValue;
}

export interface DeleteRangeRequest extends KeyRange {
  readonly prevKv?: boolean;
}

export interface DeleteRangeResponse {
  readonly revision: Revision;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

/** A condition on a key, or on every key of a range; a key that does not exist counts as all zeros. */
export type Compare = KeyRange & { readonly result: 'equal' | 'not-equal' | 'greater' | 'less' } & (
    | { readonly target: 'version' | 'create' | 'mod'; readonly number: number }
    | { readonly target: 'value'; readonly value: Uint8Array }
    | { readonly target: 'lease'; readonly lease: LeaseId }
  );

export type Op =
  | { readonly kind: 'range'; readonly request: RangeRequest }
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'delete-range'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest };

export type OpResponse =
  | { readonly kind: 'range'; readonly response: RangeResponse }
  | { readonly kind: 'put'; readonly response: PutResponse }
  | { readonly kind: 'delete-range'; readonly response: DeleteRangeResponse }
  | { readonly kind: 'txn'; readonly response: TxnResponse };

/** All of `compare` true: `success` is done, else `failure`; in one revision. */
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure: readonly Op[];
}

export interface TxnResponse {
  readonly revision: Revision;
  readonly succeeded: boolean;
  /** One for each op of the branch that was done, in order. */
  readonly responses: readonly OpResponse[];
}

export interface WatchRequest extends KeyRange {
  /** The first revision wanted; 0 or left out: whatever comes next. */
  readonly startRevision?: number;
  readonly prevKv?: boolean;
  readonly progressNotify?: boolean;
  readonly filters?: readonly ('no-put' | 'no-delete')[];
}

export interface WatchEvent {
  /** `delete` stands for expiry as well; `kv` then holds only `key` and `modRevision`. */
  readonly kind: 'put' | 'delete';
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
}

/**
 * First `created`; then `events`, all events of a revision in one message, and `progress`. `compacted` and
 * `cancelled` are the last message of their watch.
 */
export type WatchMessage =
  | { readonly kind: 'created'; readonly revision: Revision }
  | { readonly kind: 'events'; readonly revision: Revision; readonly events: readonly WatchEvent[] }
  | { readonly kind: 'progress'; readonly revision: Revision }
  | { readonly kind: 'compacted'; readonly compactRevision: Revision }
  | { readonly kind: 'cancelled'; readonly reason: string };

/** One watch, to be iterated once; nothing is asked of the store before. */
export interface Watching extends AsyncIterable<WatchMessage> {
  /**
   * Asks for one `progress` message, to be sent as soon as every event up to the store's newest revision was
   * delivered. A `Kv` without it is asked for no progress, and clients see the revision of the last message.
   */
  requestProgress?(): void;
}

export interface LeaseInfo {
  readonly id: LeaseId;
  /** Seconds left, rounded as etcd does; -1 when the lease does not exist. */
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  /** Filled on request. */
  readonly keys: readonly Uint8Array[];
}

/**
 * The etcd v3 key space, wherever it is: the embedded store in this process, or any endpoint. Failures are
 * `MusterError`s with the codes of `etcd/errors.ts`; `etcd/unavailable` has `retry: later`.
 */
export interface Kv {
  range(request: RangeRequest): Promise<RangeResponse>;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  txn(request: TxnRequest): Promise<TxnResponse>;
  compact(revision: number, options?: { readonly physical?: boolean }): Promise<Revision>;
  /** Ends when `signal` fires, or after `compacted` or `cancelled`; throws `etcd/unavailable` when the stream breaks. */
  watch(request: WatchRequest, signal: AbortSignal): Watching;
  /** `id` left out: the store chooses. */
  grantLease(
    ttlSeconds: number,
    id?: LeaseId,
  ): Promise<{ readonly id: LeaseId; readonly ttlSeconds: number }>;
  /** Deletes the keys that hang on it; `etcd/lease-not-found` when there is no such lease. */
  revokeLease(id: LeaseId): Promise<Revision>;
  /** The new seconds to live; `undefined` when the lease is gone. */
  keepAlive(id: LeaseId): Promise<number | undefined>;
  timeToLive(id: LeaseId, options?: { readonly keys?: boolean }): Promise<LeaseInfo>;
  leases(): Promise<readonly LeaseId[]>;
}
