// SPDX-License-Identifier: Apache-2.0

import { realClock, timeLimit } from '../../effects/index.js';
import type { EtcdClient } from '../../etcd/index.js';
import { keyOf } from '../../etcd/index.js';
import type { HostFaults } from '../../providers/index.js';
import type { ClusterSnapshot, Registry } from '../../registry/index.js';

export const faultKinds = ['wipe', 'kill', 'partition'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface EpisodeDeps {
  readonly registry: Registry;
  readonly faults: HostFaults;
  /** One for each machine that is a member. */
  readonly clients: ReadonlyMap<string, EtcdClient>;
}

export interface Episode {
  readonly fault: FaultKind;
  readonly machines: readonly string[];
  readonly hasRecovered: boolean;
  /** From the fault (of a partition: from its end) to the first read through each struck member that needs a quorum. */
  readonly recoveryMs: number;
  /** Why it did not recover; empty when it did. */
  readonly reason: string;
}

const partitionMs = 3_000;
const lookMs = 50;

/** Strikes machines with one fault, and waits until the cluster is whole again, or `limitMs` are over. */
export async function runEpisode(
  deps: EpisodeDeps,
  fault: FaultKind,
  machines: readonly string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<Episode> {
  const before = memberIds(await deps.registry.snapshot());
  const struckAt = await strike(deps, fault, machines, signal);
  const until = timeLimit(limitMs, signal);
  const reason = await untilWhole(deps, machines, fault === 'wipe' ? before : new Map(), until);
  for (const machine of machines) await untilReadable(deps, machine, until);
  signal.throwIfAborted();
  const recoveryMs = Math.round(realClock.monotonic() - struckAt);
  const hasRecovered = !until.aborted;
  return { fault, machines, hasRecovered, recoveryMs, reason: hasRecovered ? '' : reason };
}

/** Returns the moment from which recovery counts. */
async function strike(
  { registry, faults }: EpisodeDeps,
  fault: FaultKind,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const struckAt = realClock.monotonic();
  switch (fault) {
    case 'wipe':
      await Promise.all(machines.map((name) => faults.cutPower(name)));
      await registry.machines.order(machines, 'on', realClock.now());
      return struckAt;
    case 'kill':
      await Promise.all(machines.map((name) => faults.killProgram(name, 'etcd')));
      return struckAt;
    case 'partition':
      await Promise.all(machines.map((name) => faults.freeze(name)));
      try {
        await realClock.sleep(partitionMs, signal);
      } finally {
        await Promise.all(machines.map((name) => faults.thaw(name)));
      }
      return realClock.monotonic();
    default:
      return fault satisfies never;
  }
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
