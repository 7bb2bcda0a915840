// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import type { EtcdClient } from '../../etcd/index.js';
import type { HostFaults, LinkFaults } from '../../providers/index.js';
import type { Registry } from '../../registry/index.js';
import { cutsOf, type Partition } from './partition.js';
import { patiently } from './patiently.js';

export interface EpisodeDeps {
  readonly registry: Registry;
  readonly faults: HostFaults;
  /** One for each machine that is a member. */
  readonly clients: ReadonlyMap<string, EtcdClient>;
}

/** One fault, and whom it strikes. */
export type Blow =
  | { readonly fault: 'wipe' | 'kill'; readonly machines: readonly string[] }
  /** Machines stand still for a while, where they have no links that could be cut. */
  | { readonly fault: 'standstill'; readonly machines: readonly string[]; readonly holdMs: number }
  | {
      readonly fault: 'partition';
      readonly machines: readonly string[];
      readonly holdMs: number;
      readonly partition: Partition;
      readonly links: LinkFaults;
    };

/** Strikes, and ends what has an end. Returns the moment from which recovery counts. */
export async function strike(
  { registry, faults }: EpisodeDeps,
  blow: Blow,
  signal: AbortSignal,
): Promise<number> {
  const struckAt = realClock.monotonic();
  switch (blow.fault) {
    case 'wipe':
      await Promise.all(blow.machines.map((name) => faults.cutPower(name)));
      await patiently(() => registry.machines.order(blow.machines, 'on', realClock.now()), signal);
      return struckAt;
    case 'kill':
      await Promise.all(blow.machines.map((name) => faults.killProgram(name, 'etcd')));
      return struckAt;
    case 'standstill':
      return holdFor(blow.holdMs, signal, {
        begin: () => Promise.all(blow.machines.map((name) => faults.freeze(name))),
        end: () => Promise.all(blow.machines.map((name) => faults.thaw(name))),
      });
    case 'partition':
      return holdFor(blow.holdMs, signal, {
        begin: () => cutAll(blow.links, blow.partition),
        end: () => blow.links.heal(),
      });
    default:
      return blow satisfies never;
  }
}

/** Ends what a drill that was killed has left behind, whatever of it is there. */
export async function endFaults(
  faults: Pick<HostFaults, 'thaw' | 'links'>,
  machines: readonly string[],
): Promise<void> {
  // One that is off has nothing that could be thawed.
  await Promise.allSettled(machines.map((name) => faults.thaw(name)));
  await faults.links?.heal();
}

export async function cutAll(links: LinkFaults, partition: Partition): Promise<void> {
  for (const { from, to } of cutsOf(partition)) await links.cut(from, to);
}

/** Ends what was begun, whatever happens. */
async function holdFor(
  holdMs: number,
  signal: AbortSignal,
  { begin, end }: { readonly begin: () => Promise<unknown>; readonly end: () => Promise<unknown> },
): Promise<number> {
  try {
    await begin();
    await realClock.sleep(holdMs, signal);
  } finally {
    await end();
  }
  return realClock.monotonic();
}
