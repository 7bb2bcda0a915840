// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { type Discovery, type DiscoveryOptions, openDiscovery } from '../bootstrap/index.js';
import { type Log, realClock, realRandom } from '../effects/index.js';
import { openStore, type Store } from '../store/index.js';
import { openOperatorKey } from './operator-key.js';

/** A discovery service with a store of its own. */
export interface DiscoveryService {
  readonly discovery: Discovery;
  readonly store: Store;
  /** Rejects when the service has failed, resolves once it was closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the service of a folder: the operator's key, and beside it the store. Nothing else is ever kept in that store, so
 * whatever is wrong with the face to the outside, it leaks no more than tokens.
 */
export async function openDiscoveryService(
  folder: string,
  log: Log,
  options: Omit<DiscoveryOptions, 'operatorKey'> = {},
): Promise<DiscoveryService> {
  const operatorKey = await openOperatorKey(folder);
  const deps = { clock: realClock, random: realRandom, log };
  const store = await openStore(deps, { folder: join(folder, 'store'), autoCompaction });
  const discovery = openDiscovery({ ...deps, kv: store.kv }, { ...options, operatorKey });
  const stop = new AbortController();
  const ended = discovery.run(stop.signal);
  ended.catch((error: unknown) => log.error('the discovery service has failed', { error: String(error) }));
  return {
    discovery,
    store,
    ended,
    async close() {
      stop.abort();
      await ended.catch(() => {});
      await store.close();
    },
  };
}

/** Members wait for each other from a revision on that must still be there when the last one comes. */
const autoCompaction = { mode: 'periodic', retentionMs: 7 * 24 * 3_600_000 } as const;
