// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log, Random } from '../effects/index.js';
import { holdLease, type Kv } from '../etcd/index.js';
import { makeSemaphore } from '../lock/index.js';
import type { MachineId } from '../model/index.js';
import type { Host, MachineOrder } from '../providers/index.js';
import type { ClusterSnapshot, Leadership, MachineLife, Registry } from '../registry/index.js';
import { absentLife, type MachineAction, type MachineEvent, stepMachine } from './machine.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { type KeepMembersDeps, keepMembers, type SnapshotDesk } from './members/keep-members.js';
import { openSnapshotDesk } from './members/snapshot-desk.js';
import { type MachineDecision, planMachines } from './plan-machines.js';
import { keepUnits } from './units/keep-units.js';

export interface EngineDeps {
  readonly kv: Kv;
  readonly registry: Registry;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** 32 hex digits; one living process at a time bears it. */
  readonly engineId: string;
  /** The machines of the cluster file in this snapshot and their IDs; `undefined`: there is none to go by. */
  readonly machinesOf: (snapshot: ClusterSnapshot) => ReadonlyMap<string, MachineId> | undefined;
  /** How the etcd cluster of the machines is kept; nothing where they run none. */
  readonly members?: Omit<KeepMembersDeps, 'clock' | 'log' | 'random' | 'store'>;
  readonly random: Random;
  /** What the provider needs to make the machine `name` of this snapshot. */
  readonly orderFor: (snapshot: ClusterSnapshot, name: string) => MachineOrder;
}

const leaderTtlSeconds = 10;
const pauseAfterFailureMs = 1_000;

/**
 * The loop that decides: leads while it holds its lease, plans on each snapshot, carries out what the plan
 * says, records what came of it. Resolves once `signal` fired and no operation is under way.
 */
export async function runEngine(deps: EngineDeps, signal: AbortSignal): Promise<void> {
  await holdLease(
    deps,
    leaderTtlSeconds,
    async (lease, lost) => {
      while (!lost.aborted) {
        try {
          await makeSemaphore(deps.kv);
          const leadership = await deps.registry.engine.lead(deps.engineId, lease, lost);
          if (leadership !== undefined) await act(deps, leadership, lost);
        } catch (error) {
          deps.log.error('the engine can not go on and tries again', { error: messageOf(error) });
          await deps.clock.sleep(pauseAfterFailureMs, lost);
        }
      }
    },
    signal,
  );
}

type EngineInput =
  | { readonly kind: 'snapshot'; readonly snapshot: ClusterSnapshot }
  | { readonly kind: 'machine'; readonly name: string; readonly event: MachineEvent }
  /** A feed broke off; the engine begins anew. */
  | { readonly kind: 'broken'; readonly error: unknown };

interface EngineState {
  /** The engine is the one writer of these, so its own copy is ahead of any snapshot. */
  readonly lives: Map<string, MachineLife>;
  /** Machines with an operation at the provider; one at a time each. */
  readonly underWay: Map<string, Promise<void>>;
  snapshot: ClusterSnapshot | undefined;
}

async function act(deps: EngineDeps, leadership: Leadership, lost: AbortSignal): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([lost, done.signal]);
  const inputs = openMailbox<EngineInput>();
  const state: EngineState = { lives: new Map(), underWay: new Map(), snapshot: undefined };
  const desk = openSnapshotDesk();
  const feeds = [
    feedSnapshots(deps, inputs, signal),
    feedHost(deps, inputs, signal),
    feedMembers(deps, leadership, desk, signal),
    feedUnits(deps, leadership, signal),
  ].map((feed) => feed.catch((error: unknown) => inputs.put({ kind: 'broken', error })));
  try {
    for (;;) {
      const batch = await inputs.takeAll(signal);
      if (batch === undefined) return;
      const changed = foldInputs(state, batch, deps.clock.now());
      // Somebody took the key away: what is in the store is not ours to build on any more.
      if (state.snapshot !== undefined && state.snapshot.engineLeader === undefined) return;
      if (state.snapshot !== undefined) desk.put(state.snapshot);
      if (state.snapshot !== undefined) plan(deps, state, state.snapshot, inputs, changed);
      if (changed.size === 0) continue;
      if (!(await deps.registry.machines.recordLives(leadership, changed))) return;
    }
  } finally {
    done.abort();
    await Promise.allSettled([...feeds, ...state.underWay.values()]);
  }
}

async function feedSnapshots(
  deps: EngineDeps,
  inputs: Mailbox<EngineInput>,
  signal: AbortSignal,
): Promise<undefined> {
  for await (const view of deps.registry.watch(signal)) {
    if (view.kind === 'snapshot') inputs.put(view);
    else deps.log.warn('the store can not be reached', { reason: view.reason });
  }
}

/** Keeps the members; it ends before `signal` fires only when another engine leads. */
async function feedMembers(
  deps: EngineDeps,
  leadership: Leadership,
  desk: SnapshotDesk,
  signal: AbortSignal,
): Promise<undefined> {
  const { clock, log, random, members, registry } = deps;
  if (members === undefined) return;
  await keepMembers({ ...members, clock, log, random, store: registry.store }, leadership, desk, signal);
  if (!signal.aborted) throw new Error('another engine leads');
}

/** Keeps the units; as `feedMembers`. */
async function feedUnits(
  { registry, clock, log }: EngineDeps,
  leadership: Leadership,
  signal: AbortSignal,
): Promise<undefined> {
  await keepUnits({ units: registry.units, clock, log }, leadership, signal);
  if (!signal.aborted) throw new Error('another engine leads');
}

/** Machines that end by themselves, those that ended while nobody looked included. */
async function feedHost(
  deps: EngineDeps,
  inputs: Mailbox<EngineInput>,
  signal: AbortSignal,
): Promise<undefined> {
  for await (const { name, reason } of deps.host.watchEnds(signal)) {
    inputs.put({ kind: 'machine', name, event: { kind: 'ended', reason } });
  }
}

/** Takes in what happened; returns the lives that are to be recorded. */
function foldInputs(state: EngineState, batch: readonly EngineInput[], now: number) {
  const changed = new Map<string, MachineLife | undefined>();
  for (const input of batch) {
    if (input.kind === 'broken') throw input.error;
    if (input.kind === 'snapshot') {
      if (state.snapshot === undefined)
        for (const [name, life] of input.snapshot.lives) state.lives.set(name, life);
      state.snapshot = input.snapshot;
      continue;
    }
    const before = state.lives.get(input.name) ?? absentLife;
    const { life } = stepMachine(before, input.event, now);
    if (life === before) continue;
    setLife(state, changed, input.name, life);
  }
  return changed;
}

function plan(
  deps: EngineDeps,
  state: EngineState,
  snapshot: ClusterSnapshot,
  inputs: Mailbox<EngineInput>,
  changed: Map<string, MachineLife | undefined>,
): void {
  const wanted = deps.machinesOf(snapshot);
  if (wanted === undefined) return;
  const busy = new Set(state.underWay.keys());
  for (const decision of planMachines(snapshot, state.lives, wanted, busy, deps.clock.now())) {
    if (decision.life !== undefined) {
      setLife(state, changed, decision.name, decision.life);
      deps.log.info('machine changed', {
        machine: decision.name,
        state: decision.life.state,
        reason: decision.life.reason,
      });
    }
    if (decision.action === undefined) continue;
    start(deps, state, snapshot, decision, decision.action, inputs);
  }
}

function setLife(
  state: EngineState,
  changed: Map<string, MachineLife | undefined>,
  name: string,
  life: MachineLife | undefined,
): void {
  changed.set(name, life);
  if (life === undefined) state.lives.delete(name);
  else state.lives.set(name, life);
}

function start(
  deps: EngineDeps,
  state: EngineState,
  snapshot: ClusterSnapshot,
  decision: MachineDecision,
  action: MachineAction,
  inputs: Mailbox<EngineInput>,
): void {
  const { name, order } = decision;
  deps.log.info('machine action', { machine: name, action, reason: decision.reason });
  const done = perform(deps, snapshot, name, action, order)
    .catch((error: unknown): MachineEvent => {
      deps.log.error('machine action failed', { machine: name, action, error: String(error) });
      return { kind: 'failed', order, reason: `${action} failed: ${messageOf(error)}` };
    })
    .then((event) => {
      state.underWay.delete(name);
      inputs.put({ kind: 'machine', name, event });
    });
  state.underWay.set(name, done);
}

async function perform(
  deps: EngineDeps,
  snapshot: ClusterSnapshot,
  name: string,
  action: MachineAction,
  order: number,
): Promise<MachineEvent> {
  switch (action) {
    case 'power-on':
      return {
        kind: 'powered-on',
        order,
        hasStarted: await deps.host.powerOn(deps.orderFor(snapshot, name)),
      };
    case 'power-off':
      await deps.host.powerOff(name);
      return { kind: 'powered-off', order };
    case 'power-cycle':
      await deps.host.powerOff(name);
      await deps.host.powerOn(deps.orderFor(snapshot, name));
      return { kind: 'power-cycled', order };
    case 'destroy':
      await deps.host.destroy(name);
      return { kind: 'destroyed' };
    default:
      return action satisfies never;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
