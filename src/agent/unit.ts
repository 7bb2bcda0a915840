// SPDX-License-Identifier: Apache-2.0

import { invariant } from '../model/index.js';
import {
  type Ending,
  isRestarted,
  type Outcome,
  outcomeOf,
  type UnitPhase,
  type UnitPolicy,
} from './unit-policy.js';
import type { UnitMemory, UnitState } from './unit-state.js';

export type UnitEvent =
  | { readonly kind: 'configure'; readonly policy: UnitPolicy }
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'reload' }
  | { readonly kind: 'reset-failed' }
  /** The service does its work: a process once it runs, a builtin once it says so. */
  | { readonly kind: 'main-ready' }
  | { readonly kind: 'main-ended'; readonly ending: Ending }
  | { readonly kind: 'command-ended'; readonly ending: Ending }
  /** Nothing that was signalled is left. */
  | { readonly kind: 'emptied' }
  /** The time set by the last `set-timer` is over. */
  | { readonly kind: 'timer' };

export type UnitAction =
  | { readonly kind: 'run'; readonly phase: UnitPhase; readonly index: number }
  /** The process that was started has put itself into the background: find out which one serves now. */
  | { readonly kind: 'adopt' }
  /** Signal the unit's processes, and say `emptied` when none is left. */
  | { readonly kind: 'kill'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Takes the place of a timer that was set before. */
  | { readonly kind: 'set-timer'; readonly ms: number }
  | { readonly kind: 'clear-timer' };

export interface UnitStep {
  readonly state: UnitState;
  readonly actions: readonly UnitAction[];
}

/**
 * The life cycle of a service: dead → start-pre → start → start-post → running → stop → killing → stop-post → dead
 * or failed, or auto-restart and again. `now` is monotonic, in milliseconds. An event that a state cannot meet is
 * a broken invariant; the table in the test says which those are.
 *
 * Source: the order of phases is that of systemd.service(5), v257.
 */
export function stepUnit(state: UnitState, event: UnitEvent, now: number): UnitStep {
  switch (event.kind) {
    case 'configure':
      return stay({ ...state, policy: event.policy });
    case 'start':
      return onStart(state, now);
    case 'stop':
      return onStop(state);
    case 'reload':
      invariant(state.kind === 'running' && state.policy.counts.reload > 0, `no reload while ${state.kind}`);
      return runPhase(state, 'reload');
    case 'reset-failed': {
      const forgotten = { ...state, starts: [] };
      return stay(
        state.kind === 'failed' ? { ...forgotten, kind: 'dead', outcome: { kind: 'success' } } : forgotten,
      );
    }
    case 'main-ready':
      return onReady(state);
    case 'main-ended':
      return onMainEnded(state, event.ending);
    case 'command-ended':
      return onCommandEnded(state, event.ending);
    case 'emptied':
      invariant(state.kind === 'killing', `nothing was signalled while ${state.kind}`);
      return state.isFinal ? settle(state) : runPhase({ ...state, isMainAlive: false }, 'stop-post');
    case 'timer':
      return onTimer(state, now);
    default:
      return event satisfies never;
  }
}

function onStart(state: UnitState, now: number): UnitStep {
  switch (state.kind) {
    case 'dead':
    case 'failed':
    case 'auto-restart':
      return begin(state, now);
    case 'start-pre':
    case 'start':
    case 'start-post':
    case 'running':
    case 'exited':
    case 'reload':
      return stay(state);
    case 'stop':
    case 'stop-post':
    case 'killing':
      throw impossible(state, 'start');
    default:
      return state satisfies never;
  }
}

function begin(state: UnitState, now: number): UnitStep {
  const { intervalMs, burst } = state.policy.startLimit;
  const recent = state.starts.filter((at) => now - at < intervalMs);
  if (intervalMs > 0 && burst > 0 && recent.length >= burst) {
    const outcome: Outcome = { kind: 'start-limit-hit', burst, intervalMs };
    return {
      state: { ...state, kind: 'failed', outcome, starts: recent },
      actions: [{ kind: 'clear-timer' }],
    };
  }
  const starts = [...recent, now].slice(-Math.max(burst, 1));
  const fresh = { ...memoryOf(state), starts, isStopWanted: false, isMainAlive: false };
  return runPhase({ ...fresh, kind: 'dead', outcome: { kind: 'success' } }, 'start-pre');
}

function onStop(state: UnitState): UnitStep {
  switch (state.kind) {
    case 'dead':
    case 'failed':
      return stay(state);
    case 'auto-restart':
      return {
        state: { ...state, kind: 'dead', outcome: { kind: 'success' } },
        actions: [{ kind: 'clear-timer' }],
      };
    case 'running':
    case 'exited':
      return runPhase({ ...state, isStopWanted: true }, 'stop');
    case 'start-pre':
    case 'start':
    case 'start-post':
    case 'reload':
      return kill({ ...state, isStopWanted: true }, 'SIGTERM', false);
    case 'stop':
    case 'stop-post':
    case 'killing':
      return stay({ ...state, isStopWanted: true });
    default:
      return state satisfies never;
  }
}

function onReady(state: UnitState): UnitStep {
  if (state.kind === 'start') return runPhase(state, 'start-post');
  // A builtin may find out that it is ready while it is being stopped.
  if (state.kind === 'killing') return stay(state);
  throw impossible(state, 'main-ready');
}

function onMainEnded(before: UnitState, ending: Ending): UnitStep {
  const outcome = outcomeOf(ending, before.policy, true);
  const state = { ...before, isMainAlive: false, outcome: worst(before.outcome, outcome) };
  switch (state.kind) {
    case 'start':
      return onMainEndedInStart(state, outcome);
    case 'running':
      return enterRunning(state);
    case 'start-post':
    case 'reload':
    case 'stop':
    case 'killing':
      return stay(state);
    case 'dead':
    case 'failed':
    case 'start-pre':
    case 'exited':
    case 'stop-post':
    case 'auto-restart':
      throw impossible(state, 'main-ended');
    default:
      return state satisfies never;
  }
}

function onMainEndedInStart(state: UnitState & { readonly kind: 'start' }, outcome: Outcome): UnitStep {
  if (outcome.kind !== 'success') return kill(state, 'SIGTERM', false);
  switch (state.policy.type) {
    case 'oneshot':
      return runPhase(state, 'start', state.index + 1);
    case 'forking': {
      const next = runPhase({ ...state, isMainAlive: true }, 'start-post');
      return { ...next, actions: [{ kind: 'adopt' }, ...next.actions] };
    }
    case 'simple':
    case 'exec':
    case 'notify':
    case 'builtin':
      return kill({ ...state, outcome: { kind: 'protocol' } }, 'SIGTERM', false);
    default:
      return state.policy.type satisfies never;
  }
}

function onCommandEnded(before: UnitState, ending: Ending): UnitStep {
  const outcome = outcomeOf(ending, before.policy, false);
  const isGood = outcome.kind === 'success';
  const state = { ...before, outcome: worst(before.outcome, outcome) };
  switch (state.kind) {
    case 'start-pre':
    case 'start-post':
      return isGood ? runPhase(state, state.kind, state.index + 1) : kill(state, 'SIGTERM', false);
    case 'reload':
      // A reload that failed leaves the service as it was.
      return isGood
        ? runPhase({ ...state, outcome: before.outcome }, 'reload', state.index + 1)
        : enterRunning({ ...state, outcome: before.outcome });
    case 'stop':
    case 'stop-post':
      return runPhase(state, state.kind, state.index + 1);
    case 'killing':
      return stay({ ...state, outcome: before.outcome });
    case 'dead':
    case 'failed':
    case 'start':
    case 'running':
    case 'exited':
    case 'auto-restart':
      throw impossible(state, 'command-ended');
    default:
      return state satisfies never;
  }
}

function onTimer(state: UnitState, now: number): UnitStep {
  const { startTimeoutMs, stopTimeoutMs } = state.policy;
  switch (state.kind) {
    case 'auto-restart':
      return begin(state, now);
    case 'start-pre':
    case 'start':
    case 'start-post':
      return kill(late(state, 'start', startTimeoutMs), 'SIGTERM', false);
    case 'reload':
      return kill(late(state, 'reload', startTimeoutMs), 'SIGTERM', false);
    case 'stop':
      return kill(late(state, 'stop', stopTimeoutMs), 'SIGTERM', false);
    case 'stop-post':
      return kill(late(state, 'stop', stopTimeoutMs), 'SIGTERM', true);
    case 'killing':
      if (state.signal === 'SIGTERM')
        return kill(late(state, 'stop', stopTimeoutMs), 'SIGKILL', state.isFinal);
      // Not even SIGKILL ended it: the kernel holds it, and nothing more can be done.
      return state.isFinal ? settle(state) : runPhase({ ...state, isMainAlive: false }, 'stop-post');
    case 'dead':
    case 'failed':
    case 'running':
    case 'exited':
      throw impossible(state, 'timer');
    default:
      return state satisfies never;
  }
}

/** Runs command `index` of the phase, or goes to what follows when the phase has no such command. */
function runPhase(state: UnitState, phase: UnitPhase, index = 0): UnitStep {
  const { policy } = state;
  const isFunction = phase === 'start' && policy.type === 'builtin' && index === 0;
  if (index >= policy.counts[phase] && !isFunction) return afterPhase(state, phase);
  const limitMs = phase === 'stop' || phase === 'stop-post' ? policy.stopTimeoutMs : policy.startTimeoutMs;
  const isMainAlive = phase === 'start' ? true : state.isMainAlive;
  return {
    state: { ...memoryOf(state), kind: phase, index, isMainAlive },
    actions: [timer(limitMs), { kind: 'run', phase, index }],
  };
}

function afterPhase(state: UnitState, phase: UnitPhase): UnitStep {
  switch (phase) {
    case 'start-pre':
      return runPhase(state, 'start');
    case 'start':
      return runPhase({ ...state, isMainAlive: false }, 'start-post');
    case 'start-post':
    case 'reload':
      return enterRunning(state);
    case 'stop':
      return kill(state, 'SIGTERM', false);
    case 'stop-post':
      // Without such commands everything has been ended already.
      return state.policy.counts['stop-post'] === 0 ? settle(state) : kill(state, 'SIGTERM', true);
    default:
      return phase satisfies never;
  }
}

function enterRunning(state: UnitState): UnitStep {
  if (state.isMainAlive) {
    return { state: { ...memoryOf(state), kind: 'running' }, actions: [{ kind: 'clear-timer' }] };
  }
  if (state.outcome.kind !== 'success') return kill(state, 'SIGTERM', false);
  if (state.policy.remainsAfterExit) {
    return { state: { ...memoryOf(state), kind: 'exited' }, actions: [{ kind: 'clear-timer' }] };
  }
  return runPhase(state, 'stop');
}

function kill(state: UnitState, signal: 'SIGTERM' | 'SIGKILL', isFinal: boolean): UnitStep {
  return {
    state: { ...memoryOf(state), kind: 'killing', signal, isFinal },
    actions: [timer(state.policy.stopTimeoutMs), { kind: 'kill', signal }],
  };
}

/** The run is over and nothing of it is left. */
function settle(before: UnitState): UnitStep {
  const memory = { ...memoryOf(before), isMainAlive: false };
  if (!memory.isStopWanted && isRestarted(memory.outcome, memory.policy)) {
    return { state: { ...memory, kind: 'auto-restart' }, actions: [timer(memory.policy.restartMs)] };
  }
  const kind = memory.outcome.kind === 'success' ? 'dead' : 'failed';
  return { state: { ...memory, kind }, actions: [{ kind: 'clear-timer' }] };
}

function stay(state: UnitState): UnitStep {
  return { state, actions: [] };
}

/** Longer than any timer can be set for, and than any machine runs without a reboot that counts. */
const endlessMs = 2 ** 31;

function timer(ms: number): UnitAction {
  return ms < endlessMs ? { kind: 'set-timer', ms } : { kind: 'clear-timer' };
}

function worst(before: Outcome, next: Outcome): Outcome {
  return before.kind === 'success' ? next : before;
}

function late<T extends UnitState>(state: T, what: 'start' | 'stop' | 'reload', afterMs: number): T {
  return { ...state, outcome: worst(state.outcome, { kind: 'timeout', what, afterMs }) };
}

function memoryOf(state: UnitState): UnitMemory {
  const { policy, isMainAlive, isStopWanted, outcome, starts } = state;
  return { policy, isMainAlive, isStopWanted, outcome, starts };
}

function impossible(state: UnitState, event: string): Error {
  return new Error(`invariant broken: no "${event}" while ${state.kind}`);
}
