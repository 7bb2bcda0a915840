// SPDX-License-Identifier: Apache-2.0

import { timeLimit } from '../effects/index.js';
import type { ClusterSnapshot, Registry } from '../registry/index.js';
import { fail } from './errors.js';

/** Machines register again within seconds, once the control process is back or their links are. */
const hearLimitMs = 15_000;

/**
 * Machines that run and say nothing, and whose data the store cannot do without: powering them on would power-cycle them,
 * and empty their disks. Nothing is to be feared where the others are a quorum, or where there is no store to lose.
 *
 * @param on machines that run, as the provider sees them
 */
export function findIrreplaceable(
  { store, storeView, lives }: ClusterSnapshot,
  on: ReadonlySet<string>,
  names: readonly string[],
): readonly string[] {
  if (store === undefined || store.phase !== 'formed') return [];
  const members = Object.entries(storeView?.members ?? {});
  const isSilent = (name: string) => {
    const life = lives.get(name);
    return life?.state === 'lost' && !life.isBootOver && on.has(name);
  };
  const voters = store.members.filter(({ isLearner }) => !isLearner).length;
  const heard = members.filter(([name, { state }]) => state === 'voter' && !isSilent(name)).length;
  if (heard > voters / 2) return [];
  return names.filter((name) => isSilent(name) && members.some(([member]) => member === name));
}

/**
 * Waits a while for such machines to be heard again; returns what is known then.
 *
 * @throws `cli/would-empty-disks` when they are not, and nothing was done
 */
export async function awaitIrreplaceable(
  registry: Registry,
  before: ClusterSnapshot,
  on: ReadonlySet<string>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ClusterSnapshot> {
  if (findIrreplaceable(before, on, names).length === 0) return before;
  process.stderr.write('waiting for machines that run to be heard again\n');
  let latest = before;
  for await (const view of registry.watch(timeLimit(hearLimitMs, signal))) {
    if (view.kind === 'away') continue;
    latest = view.snapshot;
    if (findIrreplaceable(latest, on, names).length === 0) return latest;
  }
  signal.throwIfAborted();
  throw fail('cli/would-empty-disks', { names: findIrreplaceable(latest, on, names).join(', ') });
}
