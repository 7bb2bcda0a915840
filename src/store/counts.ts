// SPDX-License-Identifier: Apache-2.0

import type { OpResponse, TxnResponse } from '../etcd/index.js';
import type { Change } from './change.js';
import { isDelete } from './key-index.js';

/** What a store did since it was opened, and how many keys it has. */
export interface Counts {
  ranges: number;
  puts: number;
  deletes: number;
  /** Of more than one operation. */
  txns: number;
  leasesGranted: number;
  leasesRevoked: number;
  leasesRenewed: number;
  leasesExpired: number;
  keys: number;
}

export function newCounts(): Counts {
  return {
    ...{ ranges: 0, puts: 0, deletes: 0, txns: 0, keys: 0 },
    ...{ leasesGranted: 0, leasesRevoked: 0, leasesRenewed: 0, leasesExpired: 0 },
  };
}

export function countTxn(counts: Counts, { responses }: TxnResponse): void {
  if (countOps(counts, responses) > 1) counts.txns += 1;
}

/** Keys that came and went, once that is on the disk. */
export function countKeys(counts: Counts, changes: readonly Change[]): void {
  for (const { version } of changes) {
    if (isDelete(version)) counts.keys -= 1;
    else if (version.version === 1) counts.keys += 1;
  }
}

/** Returns how many. */
function countOps(counts: Counts, responses: readonly OpResponse[]): number {
  let seen = 0;
  for (const one of responses) {
    switch (one.kind) {
      case 'range':
        counts.ranges += 1;
        break;
      case 'put':
        counts.puts += 1;
        break;
      case 'delete-range':
        counts.deletes += 1;
        break;
      case 'txn':
        seen += countOps(counts, one.response.responses) - 1;
        break;
    }
    seen += 1;
  }
  return seen;
}
