// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import type { ClusterSnapshot } from '../registry/index.js';
import { fail } from './errors.js';
import type { Session } from './session.js';

const sealLimitMs = 60_000;

/**
 * Before machines without disks stop: has the engine make the etcd cluster refuse writes and save all of it. The next
 * `muster up` makes the cluster of what was saved. Nothing happens where the machines run no etcd, or none that was
 * ever formed.
 *
 * @throws `cli/cannot-seal`: nothing was stopped, and the cluster takes writes again
 */
export async function sealStore({ registry }: Session): Promise<void> {
  const before = await registry.snapshot();
  if (before.store === undefined || before.store.phase !== 'formed') return;
  await registry.store.ask({ kind: 'seal', at: realClock.now() });
  let last = before;
  try {
    for await (const view of registry.watch(AbortSignal.timeout(sealLimitMs))) {
      if (view.kind === 'away') throw fail('cli/cannot-seal', { why: view.reason });
      last = view.snapshot;
      if (last.store?.phase === 'sealed') return;
      if (last.storeView?.state === 'no-quorum') break;
    }
    throw fail('cli/cannot-seal', { why: reasonOf(last) });
  } catch (error) {
    await registry.store.withdraw().catch(() => {});
    throw isMusterError(error) ? error : fail('cli/cannot-seal', { why: String(error) }, error);
  }
}

function reasonOf({ storeView }: ClusterSnapshot): string {
  if (storeView === undefined) return 'nobody looked at it';
  return storeView.reason === '' ? `it was not saved within ${sealLimitMs / 1000} s` : storeView.reason;
}
