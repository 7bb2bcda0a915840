// SPDX-License-Identifier: Apache-2.0

import type { Clock } from '../../effects/index.js';
import {
  type RebootAction,
  type RebootEvent,
  type RebootLimits,
  type RebootLock,
  type RebootState,
  stepReboot,
} from '../../lock/index.js';
import { isMusterError, type MachineId } from '../../model/index.js';
import type { ClusterSnapshot, Registry } from '../../registry/index.js';
import { judgeGrant } from './judge-grant.js';
import { judgeWell } from './judge-well.js';
import type { LockMachines } from './lock-machines.js';

export interface RebootOneDeps {
  readonly lock: RebootLock;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly machines: LockMachines;
  /** How many voters on machines of others serve. */
  readonly serving: (snapshot: ClusterSnapshot) => Promise<number>;
  /** Empties a machine before its reboot; returns once its work runs elsewhere. */
  readonly drain: (name: string) => Promise<void>;
  /** Lets work come back. */
  readonly undrain: (name: string) => Promise<void>;
  readonly tell: (text: string) => void;
  /** Each change that is seen of it, once it has been told to go down. */
  readonly onSeen: (snapshot: ClusterSnapshot) => void;
}

export interface RebootOneOptions extends RebootLimits {
  readonly name: string;
  readonly id: MachineId;
  readonly group: string;
  /** How long the lock is waited for. */
  readonly waitMs: number;
}

export type RebootOutcome =
  | { readonly kind: 'done' }
  /** `isHeld`: it went down, and its place is kept from others. */
  | { readonly kind: 'failed'; readonly why: string; readonly isHeld: boolean };

/** Longer than a drain takes; a process that died in between frees its place then. */
const holdForMs = 30 * 60_000;
/** Between two questions for the lock; its place in the queue is kept for a few of them. */
const askEveryMs = 2_000;
const tickMs = 250;

/**
 * Takes one machine through its reboot: lock, drain, the fence once more, reboot, well again, release. What it did not
 * come to is left as it stands, the lock included; `signal` ends it anywhere.
 *
 * @throws what lock and registry throw; `lock/held-by-others` when there was no place in time
 */
export async function rebootOne(
  deps: RebootOneDeps,
  options: RebootOneOptions,
  signal: AbortSignal,
): Promise<RebootOutcome> {
  const { clock, registry } = deps;
  const watch = watchLatest(registry, signal);
  const run: Run = { ...{ deps, options, signal, watch }, askUntil: clock.now() + options.waitMs, order: 0 };
  try {
    let state: RebootState = { kind: 'idle' };
    let events: RebootEvent[] = [{ kind: 'asked' }];
    for (;;) {
      const event = events.shift() ?? (await nextEvent(run, state));
      if (signal.aborted) return { kind: 'failed', why: 'interrupted', isHeld: state.kind === 'rebooting' };
      const step = stepReboot(state, event, clock.now(), options);
      for (const action of step.actions) {
        const came = await perform(run, state, step.state, action);
        if (came.kind === 'end') return came.outcome;
        events = [...events, ...came.events];
      }
      if (event.kind === 'lost') {
        return { kind: 'failed', why: 'somebody released its lock meanwhile', isHeld: false };
      }
      state = step.state;
    }
  } finally {
    watch.close();
  }
}

interface Run {
  readonly deps: RebootOneDeps;
  readonly options: RebootOneOptions;
  readonly signal: AbortSignal;
  readonly watch: Latest;
  readonly askUntil: number;
  /** Revision of the order to reboot; 0: not given yet. */
  order: number;
}

type Came =
  | { readonly kind: 'events'; readonly events: readonly RebootEvent[] }
  | { readonly kind: 'end'; readonly outcome: RebootOutcome };

const events = (...list: readonly RebootEvent[]): Came => ({ kind: 'events', events: list });

async function nextEvent(run: Run, state: RebootState): Promise<RebootEvent> {
  const { deps, options, signal, watch } = run;
  if (state.kind === 'waiting') {
    await deps.clock.sleep(askEveryMs, signal);
    return { kind: 'tick' };
  }
  await watch.changed(deps.clock, tickMs);
  const snapshot = watch.latest();
  const life = snapshot?.lives.get(options.name);
  if (snapshot === undefined || life === undefined || life.handledOrder < run.order) return { kind: 'tick' };
  deps.onSeen(snapshot);
  // Nothing more is to be waited for once its provider could not start it, or saw it end.
  if (life.state === 'lost' && life.reason !== '' && state.kind === 'rebooting') {
    return { kind: 'failed', why: life.reason };
  }
  return {
    kind: 'seen',
    bootId: life.bootId,
    isJoined: life.state === 'joined',
    notWell: judgeWell(snapshot, options) ?? '',
  };
}

async function perform(
  run: Run,
  before: RebootState,
  after: RebootState,
  action: RebootAction,
): Promise<Came> {
  const { deps, options } = run;
  const { lock, tell, clock } = deps;
  const { name, id, group } = options;
  switch (action.kind) {
    case 'acquire':
      return acquire(run, before);
    case 'drain': {
      try {
        await deps.drain(name);
      } catch (error) {
        return events({ kind: 'failed', why: `it could not be drained: ${textOf(error)}` });
      }
      if (after.kind !== 'holding') return events();
      const bootId = (await deps.registry.snapshot()).lives.get(name)?.bootId ?? '';
      // Looked at again in the very write that says that it goes: whoever lost the lock meanwhile does not reboot.
      const deadline = clock.now() + options.returnMs + options.wellMs;
      const isHeld = await patient(run, () =>
        lock.advance(group, id, after.fence, { phase: 'rebooting', bootId, deadline, reason: '' }),
      );
      return events(isHeld ? { kind: 'ready', bootId } : { kind: 'lost' });
    }
    case 'reboot':
      run.order = await deps.registry.machines.order([name], 'reboot', clock.now());
      await note(run, 'reboot', `under the reboot lock, fence ${'fence' in after ? after.fence : 0}`);
      return events();
    case 'release': {
      await deps.undrain(name);
      // With nothing to settle it is back and well in one step.
      const wasRebooted = before.kind === 'releasing' || before.kind === 'rebooting';
      if (wasRebooted) {
        await patient(run, () => lock.advance(group, id, before.fence, { phase: 'releasing', reason: '' }));
      }
      await patient(run, () => lock.release(group, id));
      if (!wasRebooted) {
        return { kind: 'end', outcome: { kind: 'failed', why: 'it was not rebooted', isHeld: false } };
      }
      tell('is well, and has given the lock back');
      return { kind: 'end', outcome: { kind: 'done' } };
    }
    case 'hold': {
      const fence = 'fence' in before ? before.fence : 0;
      const failure = { id, machine: name, at: clock.now(), reason: action.why };
      await patient(run, () => lock.fail(group, fence, failure, false));
      await note(run, 'reboot-failed', `${action.why}; its place in the reboot lock is held`);
      return { kind: 'end', outcome: { kind: 'failed', why: action.why, isHeld: true } };
    }
    default:
      return action satisfies never;
  }
}

async function acquire(run: Run, before: RebootState): Promise<Came> {
  const { deps, options } = run;
  const { lock, machines, clock } = deps;
  const { name, id, group } = options;
  const request = { id, machine: name, bootId: '', face: 'muster', waitMs: askEveryMs * 5 } as const;
  const got = await patient(run, () =>
    lock.acquire(group, request, async (holders) => {
      const others = holders.map((holder) => machines.find(holder.id)?.name ?? holder.machine);
      const snapshot = await deps.registry.snapshot();
      return judgeGrant(snapshot, name, others, await deps.serving(snapshot));
    }),
  );
  if (got.kind === 'granted') {
    const { fence } = got.holder;
    deps.tell(`has the reboot lock, fence ${fence}`);
    await patient(run, () =>
      lock.advance(group, id, fence, { phase: 'holding', deadline: clock.now() + holdForMs, reason: '' }),
    );
    return events({ kind: 'granted', fence });
  }
  const { kind, why } = got.refusal;
  if (before.kind === 'idle' || (before.kind === 'waiting' && before.why !== why)) {
    deps.tell(`waits for the reboot lock: ${why}`);
  }
  // Nobody but an operator ends these.
  if (kind === 'paused' || kind === 'frozen' || clock.now() >= run.askUntil) {
    await patient(run, () => lock.leave(group, id));
    return { kind: 'end', outcome: { kind: 'failed', why: `no reboot lock: ${why}`, isHeld: false } };
  }
  return events({ kind: 'refused', why });
}

/** For whoever asks later what happened; a reboot does not fail for it. */
async function note({ deps, options }: Run, kind: string, reason: string): Promise<void> {
  const event = { at: deps.clock.now(), kind, machine: options.name, memberId: '', reason };
  await deps.registry.store.note(event).catch(() => {});
}

/** The store elects anew while one of its members reboots; all that is asked of the lock may be asked twice. */
async function patient<T>({ deps, options, signal }: Run, call: () => Promise<T>): Promise<T> {
  const until = deps.clock.now() + Math.min(options.waitMs, 30_000);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isHopeless = !isMusterError(error) || error.retry === 'never';
      if (isHopeless || signal.aborted || deps.clock.now() >= until) throw error;
    }
    await deps.clock.sleep(tickMs, signal);
  }
}

interface Latest {
  latest(): ClusterSnapshot | undefined;
  /** Resolves when there is another snapshot than at the last call, or after `limitMs`. */
  changed(clock: Clock, limitMs: number): Promise<void>;
  close(): void;
}

function watchLatest(registry: Registry, signal: AbortSignal): Latest {
  const closed = new AbortController();
  const until = AbortSignal.any([signal, closed.signal]);
  const seen: { snapshot: ClusterSnapshot | undefined; wake: AbortController } = {
    snapshot: undefined,
    wake: new AbortController(),
  };
  const follow = async () => {
    for await (const view of registry.watch(until)) {
      if (view.kind !== 'snapshot') continue;
      seen.snapshot = view.snapshot;
      seen.wake.abort();
    }
  };
  follow().catch(() => {});
  return {
    latest: () => seen.snapshot,
    async changed(clock, limitMs) {
      const { wake } = seen;
      await clock.sleep(limitMs, AbortSignal.any([until, wake.signal]));
      if (wake.signal.aborted) seen.wake = new AbortController();
    },
    close: () => closed.abort(),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
