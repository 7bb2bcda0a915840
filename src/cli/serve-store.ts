// SPDX-License-Identifier: Apache-2.0

import { type Listening, type Log, realClock } from '../effects/index.js';
import { v2Handler } from '../etcd/index.js';
import { memberId } from '../model/index.js';
import type { Store, StoreListen } from '../store/index.js';

export interface ServedStore {
  readonly store: Store;
  readonly log: Log;
  readonly name: string;
  /** Where clients reach it; the v2 tools go there, whatever URL they were given. */
  readonly clientUrls: readonly string[];
}

/** Serves a store as a client knows etcd: gRPC, the JSON gateway and the v2 API, all on one port. */
export function serveStore(served: ServedStore, listen: StoreListen): Promise<Listening> {
  const { store, log, name, clientUrls } = served;
  const id = memberId(store.memberId);
  const member = { id, name, clientUrls, peerUrls: ['http://localhost:2380'], isLearner: false };
  const http = v2Handler({
    kv: store.kv,
    clock: realClock,
    log,
    clusterId: store.clusterId,
    version: '3.5.16',
    cluster: async () => ({ members: [member], leader: id }),
  });
  return store.serve({ ...listen, http });
}
