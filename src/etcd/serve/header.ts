// SPDX-License-Identifier: Apache-2.0

import type { Revision } from '../../model/index.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import type { StoreIdentity } from '../identity.js';
import type { Kv } from '../kv.js';

/** One store alone is its own leader, in the first term there is. */
export const raftTerm = 1n;

/** The header that answers carry; `revision` 0 where etcd sends none. */
export function headerOf(identity: StoreIdentity, revision: number): ResponseHeader {
  return { clusterId: identity.clusterId, memberId: identity.memberId, revision, raftTerm };
}

/** The newest revision, asked for with the cheapest range there is: one key that hardly exists. */
export async function currentRevision(kv: Kv): Promise<Revision> {
  const response = await kv.range({ key: Uint8Array.of(0), countOnly: true, serializable: true });
  return response.revision;
}
