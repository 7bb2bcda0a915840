// SPDX-License-Identifier: Apache-2.0

import { realClock, timeLimit } from '../../effects/index.js';
import { keyOf } from '../../etcd/index.js';
import type { ClusterSnapshot } from '../../registry/index.js';
import { renderPartition } from './partition.js';
import { patiently } from './patiently.js';
import { type Blow, type EpisodeDeps, strike } from './strike.js';

export interface Episode {
  readonly fault: Blow['fault'];
  readonly machines: readonly string[];
  /** Of a partition, in words: `core-01 / core-02, core-03`; else empty. */
  readonly sides: string;
  readonly hasRecovered: boolean;
  /**
   * From the fault (of a partition or standstill: from its end) to the first read through each struck member that
   * needs a quorum.
   */
  readonly recoveryMs: number;
  /** Why it did not recover; empty when it did. */
  readonly reason: string;
}

const lookMs = 50;

/** Strikes machines with one fault, and waits until the cluster is whole again, or `limitMs` are over. */
export async function runEpisode(
  deps: EpisodeDeps,
  blow: Blow,
  limitMs: number,
  signal: AbortSignal,
): Promise<Episode> {
  const { fault, machines } = blow;
  const before = memberIds(await patiently(() => deps.registry.snapshot(), signal));
  const struckAt = await strike(deps, blow, signal);
  const until = timeLimit(limitMs, signal);
  const reason = await untilWhole(deps, machines, fault === 'wipe' ? before : new Map(), until);
  for (const machine of machines) await untilReadable(deps, machine, until);
  signal.throwIfAborted();
  const recoveryMs = Math.round(realClock.monotonic() - struckAt);
  const hasRecovered = !until.aborted;
  const sides = blow.fault === 'partition' ? renderPartition(blow.partition) : '';
  return { fault, machines, sides, hasRecovered, recoveryMs, reason: hasRecovered ? '' : reason };
}

function memberIds({ storeView }: ClusterSnapshot): ReadonlyMap<string, string> {
  return new Map(Object.entries(storeView?.members ?? {}).map(([machine, { id }]) => [machine, id]));
}

/** @param old the IDs that members must have lost */
async function untilWhole(
  { registry }: EpisodeDeps,
  machines: readonly string[],
  old: ReadonlyMap<string, string>,
  until: AbortSignal,
): Promise<string> {
  let reason = 'nobody looked at it';
  for await (const seen of registry.watch(until)) {
    if (seen.kind === 'away') continue;
    const view = seen.snapshot.storeView;
    reason = view?.reason || view?.state || reason;
    const isNew = machines.every(
      (name) => old.get(name) === undefined || view?.members[name]?.id !== old.get(name),
    );
    if (view?.state === 'ok' && isNew) return '';
  }
  return reason;
}

/** No event tells when a member that was killed answers again, so it is asked. */
async function untilReadable({ clients }: EpisodeDeps, machine: string, until: AbortSignal): Promise<void> {
  const client = clients.get(machine);
  if (client === undefined) throw new Error(`no client of "${machine}"`);
  while (!until.aborted) {
    const isThere = await client.range({ key: keyOf('/'), countOnly: true }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await realClock.sleep(lookMs, until);
  }
}
