// SPDX-License-Identifier: Apache-2.0

import type { StoreIdentity } from '../identity.js';
import type { DeleteRangeRequest, Kv, PutRequest, RangeRequest, TxnRequest } from '../kv.js';
import type { Guard } from './guard.js';

/** What every served group of methods is made of. */
export interface ServedParts {
  readonly kv: Kv;
  /** Its client URLs are never empty here. */
  readonly identity: StoreIdentity;
  readonly guard: Guard;
  /** Before permissions: a request that is wrong in itself is told so, whoever sends it. */
  readonly checks?: RequestChecks | undefined;
}

/** What is wrong with a request in itself. @throws the refusals of `Kv` that need no look at the store */
export interface RequestChecks {
  range(request: RangeRequest): void;
  put(request: PutRequest): void;
  deleteRange(request: DeleteRangeRequest): void;
  txn(request: TxnRequest): void;
}
