// SPDX-License-Identifier: Apache-2.0

import { realRandom } from '../../effects/index.js';
import type { EtcdClient } from '../../etcd/index.js';
import { controlPlace } from '../../providers/index.js';
import { fail } from '../errors.js';
import { type Partition, parseSides, planPartition, type SideKind, sideKinds } from './partition.js';
import type { Blow, EpisodeDeps } from './strike.js';

export const faultKinds = ['wipe', 'kill', 'partition'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What an operator asks for. */
export interface DrillPlan {
  readonly fault: FaultKind;
  /** How many machines at once. */
  readonly width: number;
  /** A kind of partition, or its sides by name; left out: each kind in turn. */
  readonly sides: string | undefined;
  readonly holdMs: number;
}

/** The blow of one episode. @param at which one, from 0 up */
export async function chooseBlow(plan: DrillPlan, deps: EpisodeDeps, at: number): Promise<Blow> {
  const { fault, holdMs } = plan;
  const names = [...deps.clients.keys()];
  const machines = shuffle(names).slice(0, plan.width);
  if (fault !== 'partition') return { fault, machines };
  const { links } = deps.faults;
  if (links === undefined) return { fault: 'standstill', machines, holdMs };
  const partition = await choosePartition(plan, deps.clients, at);
  const struck = partition.sides.flat().filter((name) => name !== controlPlace);
  return { fault, machines: struck, holdMs, partition, links };
}

async function choosePartition(
  { sides, width }: DrillPlan,
  clients: ReadonlyMap<string, EtcdClient>,
  at: number,
): Promise<Partition> {
  const names = [...clients.keys()];
  const kind =
    sides === undefined ? sideKinds[at % sideKinds.length] : sideKinds.find((one) => one === sides);
  if (kind === undefined) return parseSides(sides ?? '', names);
  return planPartition(kind, shuffle(names), await findLeader(clients), width);
}

/** The machine whose member leads, as the member that knows of the latest election says. */
async function findLeader(clients: ReadonlyMap<string, EtcdClient>): Promise<string> {
  const asked = [...clients].map(async ([machine, client]) => ({ machine, ...(await client.status()) }));
  const answers = (await Promise.allSettled(asked)).flatMap((one) =>
    one.status === 'fulfilled' ? [one.value] : [],
  );
  const [latest] = answers.toSorted((one, other) => Number(other.raftTerm - one.raftTerm));
  const leader = answers.find(({ memberId }) => memberId === latest?.leader);
  if (leader !== undefined) return leader.machine;
  throw fail('cli/drill-not-whole', { why: 'nobody leads' });
}

/**
 * Refuses what would be no drill before anything is struck: more than a minority wiped at once, which nothing could
 * bring back, a cut with nobody on the other side, or sides that there cannot be.
 *
 * @throws `cli/usage`
 */
export function checkPlan({ fault, width, sides }: DrillPlan, names: readonly string[], hasLinks: boolean) {
  const isCut = fault === 'partition' && hasLinks && !hasNamedSides(sides);
  const most = fault === 'wipe' ? Math.floor((names.length - 1) / 2) : names.length - (isCut ? 1 : 0);
  const refuse = (problem: string, hint: string) => fail('cli/usage', { problem, hint });
  if (width > most) {
    const others = isCut
      ? `can have ${most} cut off: there must be somebody to be cut off from`
      : 'has no more';
    const can = fault === 'wipe' ? `can lose ${most} at once` : others;
    throw refuse(
      `--machines ${width}: a cluster of ${names.length} members ${can}`,
      'strike fewer, or have more',
    );
  }
  if (sides === undefined) return;
  if (fault !== 'partition') throw refuse('--sides: only a partition has sides', 'leave it out');
  if (!hasLinks) throw refuse('--sides: these machines have no links of their own', linksHint);
  if (hasNamedSides(sides)) parseSides(sides, names);
}

/** By the names of machines; else by a kind, whose width counts. */
function hasNamedSides(sides: string | undefined): sides is string {
  return sides !== undefined && !sideKinds.some((kind: SideKind) => kind === sides);
}

export const linksHint =
  'write `provider: {name: local, network: namespaces}` in the cluster file of a new cluster';

function shuffle<T>(items: readonly T[]): readonly T[] {
  const left = [...items];
  return items.flatMap(() => left.splice((realRandom.bytes(1)[0] ?? 0) % left.length, 1));
}
