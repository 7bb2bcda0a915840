// SPDX-License-Identifier: Apache-2.0

import { realClock, realRandom, silentLog } from '../effects/index.js';
import { openStore, type Store, type StoreDeps, type StoreOptions } from './open-store.js';

/**
 * The whole store, on memory: the double that other rooms test against. With a manual clock its leases run out
 * when the test says so.
 */
export function memoryStore(
  deps: Partial<StoreDeps> = {},
  options: Omit<StoreOptions, 'folder'> = {},
): Promise<Store> {
  return openStore({ clock: realClock, random: realRandom, log: silentLog, ...deps }, options);
}
