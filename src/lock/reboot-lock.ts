// SPDX-License-Identifier: Apache-2.0

import { type Kv, keyOf } from '../etcd/index.js';
import { newSemaphore, renderSemaphore, semaphoreKey } from './semaphore.js';

/** Creates the semaphore with one free place; leaves one that exists alone. Cost: one txn. */
export async function openRebootLock(kv: Kv): Promise<void> {
  const key = keyOf(semaphoreKey);
  const value = keyOf(renderSemaphore(newSemaphore));
  await kv.txn({
    compare: [{ key, target: 'create', result: 'equal', number: 0 }],
    success: [{ kind: 'put', request: { key, value } }],
    failure: [],
  });
}
