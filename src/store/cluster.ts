// SPDX-License-Identifier: Apache-2.0

import * as z from 'zod';
import type { Cluster } from '../etcd/index.js';
import { inTurn } from './in-turn.js';
import { metaKey } from './record.js';
import { type StoredJsonDeps, storedJson } from './stored-json.js';

export interface StoreCluster extends Cluster {
  peerUrls(): readonly string[];
}

/** Peer URLs mean nothing to a store of one member; they are kept because clients ask for them. */
export function openCluster(deps: StoredJsonDeps, initial: readonly string[]): StoreCluster {
  const stored = storedJson(deps, metaKey('peer-urls'), z.array(z.string()));
  const state: { urls: readonly string[] } = { urls: stored.read() ?? initial };
  const turn = inTurn();
  return {
    peerUrls: () => state.urls,
    setPeerUrls: (urls) =>
      turn(async () => {
        await stored.write([...urls]);
        state.urls = urls;
      }),
  };
}
