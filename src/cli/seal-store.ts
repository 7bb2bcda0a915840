// SPDX-License-Identifier: Apache-2.0

import { realClock, timeLimit } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import type { ClusterSnapshot, Registry } from '../registry/index.js';
import { fail } from './errors.js';
import type { Session } from './session.js';

/** A store of some size takes its time to save. */
const sealLimitMs = 330_000;
const formingLimitMs = 10_000;

/**
 * Before machines without disks stop: has the engine make the etcd cluster refuse writes and save all of it. The next
 * `muster up` makes the cluster of what was saved.
 *
 * @returns the revision of the request, which stands until the cluster is brought up; nothing where the machines run no
 *   etcd, or none that was ever formed
 * @throws `cli/cannot-seal`: nothing was stopped, and the cluster takes writes again
 */
export async function sealStore({ registry }: Session, signal: AbortSignal): Promise<number | undefined> {
  const before = await registry.snapshot();
  if (before.store === undefined || !(await isFormed(registry, before, signal))) return undefined;
  process.stderr.write('saving the store of the machines, whose disks are empty when they boot again\n');
  const request = await registry.store.ask({ kind: 'seal', at: realClock.now() });
  let last = before;
  try {
    const until = timeLimit(sealLimitMs, signal);
    for await (const view of registry.watch(until)) {
      if (view.kind === 'away') throw fail('cli/cannot-seal', { why: view.reason });
      last = view.snapshot;
      if (last.store?.phase === 'sealed') return request;
      if (last.storeView?.state === 'no-quorum') break;
    }
    throw fail('cli/cannot-seal', { why: signal.aborted ? 'it was interrupted' : reasonOf(last) });
  } catch (error) {
    await registry.store.withdraw().catch(() => {});
    throw isMusterError(error) ? error : fail('cli/cannot-seal', { why: String(error) }, error);
  }
}

/** One that is just being founded is waited for a moment; one that never was holds nothing. */
async function isFormed(registry: Registry, before: ClusterSnapshot, signal: AbortSignal): Promise<boolean> {
  if (before.store?.phase !== 'forming') return true;
  const until = timeLimit(formingLimitMs, signal);
  for await (const view of registry.watch(until)) {
    if (view.kind === 'snapshot' && view.snapshot.store?.phase !== 'forming') return true;
  }
  return false;
}

function reasonOf({ storeView }: ClusterSnapshot): string {
  if (storeView === undefined) return 'nobody looked at it';
  return storeView.reason === '' ? `it was not saved within ${sealLimitMs / 1000} s` : storeView.reason;
}
