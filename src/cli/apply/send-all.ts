// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import type { Registry } from '../../registry/index.js';
import { awaitWell, type GateLimits } from './await-well.js';
import { judgeMachine } from './judge-machine.js';
import type { RollEntry } from './plan-roll.js';

export interface RollDeps {
  readonly registry: Registry;
  /** Whether the machines run the store, which then has to be whole after each of them. */
  readonly hasStore: boolean;
  readonly tell: (line: string) => void;
}

/** What became of one machine. */
export interface Outcome {
  readonly name: string;
  readonly outcome: 'same' | 'applied' | 'failed' | 'off' | 'not reached';
  readonly reason: string;
  /** What changes at its next boot only. */
  readonly atBoot: readonly string[];
}

/** One machine after the other; the first that does not get well is the last that is sent anything. */
export async function sendAll(
  deps: RollDeps,
  roll: readonly RollEntry[],
  limits: GateLimits,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of roll) {
    const isStopped = signal.aborted || outcomes.some(({ outcome }) => outcome === 'failed');
    outcomes.push(await outcomeOf(deps, entry, isStopped, limits, signal));
  }
  return outcomes;
}

async function outcomeOf(
  deps: RollDeps,
  entry: RollEntry,
  isStopped: boolean,
  limits: GateLimits,
  signal: AbortSignal,
): Promise<Outcome> {
  const { name, id } = entry.wanted;
  const [outcome, reason] = await settle(deps, entry, isStopped, limits, signal);
  // The table is worth more than this column of it: the store may be away by now.
  const atBoot = await deps.registry.snapshot().then(
    ({ nodes }) => nodes.get(id)?.config?.atBoot,
    () => undefined,
  );
  return { name, outcome, reason, atBoot: atBoot ?? [] };
}

async function settle(
  deps: RollDeps,
  entry: RollEntry,
  isStopped: boolean,
  limits: GateLimits,
  signal: AbortSignal,
): Promise<readonly [Outcome['outcome'], string]> {
  switch (entry.kind) {
    case 'off':
      return ['off', entry.why];
    case 'same':
      return ['same', ''];
    case 'send': {
      if (isStopped) return ['not reached', entry.why];
      const problem = await sendOne(deps, entry, limits, signal).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      return problem === undefined ? ['applied', entry.why] : ['failed', problem];
    }
    default:
      return entry satisfies never;
  }
}

/** Returns why the machine is not well, or nothing. */
async function sendOne(
  { registry, hasStore, tell }: RollDeps,
  { wanted, why, bootId }: RollEntry & { readonly kind: 'send' },
  limits: GateLimits,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, id, userData } = wanted;
  tell(`${name}  ${why}`);
  const order = await registry.machines.sendConfig(name, { bootId, userData, at: realClock.now() });
  const sent = { name, id, bootId, order, hasStore };
  const problem = await awaitWell(registry, (snapshot) => judgeMachine(sent, snapshot), limits, signal);
  tell(`${name}  ${problem ?? 'well'}`);
  return problem;
}
