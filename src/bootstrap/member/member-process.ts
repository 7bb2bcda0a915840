// SPDX-License-Identifier: Apache-2.0

import {
  invariant,
  type MemberDisk,
  type MemberFinding,
  type MemberOrder,
  type MemberProcess,
} from '../../model/index.js';
import type { Launch } from './flags.js';

/** An order with the mod revision of its record. */
export interface OrderAt {
  readonly order: MemberOrder;
  readonly revision: number;
}

type RestoreOrder = Extract<MemberOrder, { readonly kind: 'restore' }>;

/** What the runner is at. */
export type MemberDoing =
  /** Nothing runs; only an order changes that. */
  | { readonly kind: 'waiting' }
  /** It ended by itself and is started again when the timer fires. */
  | { readonly kind: 'pausing' }
  /** On a disk that was empty it stays so in the state until its data is seen; the nonce is used up. */
  | { readonly kind: 'running'; readonly startedAt: number }
  /** It was told to end; `next` is done with what it leaves. */
  | { readonly kind: 'stopping'; readonly next: 'hold' | 'wipe' | 'resume' }
  | { readonly kind: 'wiping' }
  | { readonly kind: 'restoring'; readonly isCancelled: boolean }
  | { readonly kind: 'closed' };

export interface MemberState {
  readonly doing: MemberDoing;
  readonly disk: MemberDisk;
  readonly process: MemberProcess;
  /** Of the member in its cluster. */
  readonly name: string;
  readonly latest: OrderAt | undefined;
  /** Revision of the last order that fitted; 0: none. */
  readonly obeyed: number;
  /** Ends by itself, one soon after the other. */
  readonly failures: number;
  readonly isClosing: boolean;
}

/** What can happen. `disk`: what is there now; an empty one has a nonce that was never told. */
export type MemberEvent =
  | { readonly kind: 'ordered'; readonly at: OrderAt }
  /** The running etcd has made its data. */
  | { readonly kind: 'born'; readonly disk: MemberDisk }
  | { readonly kind: 'serving' }
  | {
      readonly kind: 'ended';
      readonly finding: MemberFinding;
      readonly words: string;
      readonly disk: MemberDisk;
    }
  /** `failure` is empty when it went well. */
  | { readonly kind: 'wiped' | 'restored'; readonly disk: MemberDisk; readonly failure: string }
  | { readonly kind: 'timer' }
  | { readonly kind: 'close' };

export type MemberAction =
  | { readonly kind: 'start'; readonly launch: Launch }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'wipe' }
  | { readonly kind: 'restore'; readonly order: RestoreOrder }
  | { readonly kind: 'cancel-restore' }
  | { readonly kind: 'set-timer'; readonly ms: number }
  | { readonly kind: 'clear-timer' };

export interface MemberStep {
  readonly state: MemberState;
  readonly actions: readonly MemberAction[];
}

export const stopLimitMs = 10_000;
const firstPauseMs = 1_000;
const lastPauseMs = 30_000;

/** Ends after which the same data may simply be started again; all others are for the engine to judge. */
const restartable: ReadonlySet<MemberFinding> = new Set(['unknown', 'no-peers', 'port-taken']);

export function initialMember(disk: MemberDisk): MemberState {
  return {
    doing: { kind: 'waiting' },
    disk,
    process: { kind: 'stopped' },
    name: '',
    latest: undefined,
    obeyed: 0,
    failures: 0,
    isClosing: false,
  };
}

/**
 * The life of the one etcd on a machine. Pure; `now` is monotonic, in milliseconds. Only the latest order counts. One
 * that does not fit the disk is void: nothing happens, and `obeyed` stays behind it. It is judged anew when the disk
 * has changed.
 */
export function stepMember(state: MemberState, event: MemberEvent, now: number): MemberStep {
  switch (event.kind) {
    case 'ordered':
      if (event.at.revision <= (state.latest?.revision ?? 0)) return still(state);
      return stepOrdered({ ...state, latest: event.at }, now);
    case 'born':
      invariant(isAlive(state), `etcd has made its data while ${state.doing.kind}`);
      return stepBorn({ ...state, disk: event.disk });
    case 'serving':
      invariant(isAlive(state), `etcd serves while ${state.doing.kind}`);
      return still({ ...state, process: { kind: 'serving' } });
    case 'ended':
      return stepEnded(state, event, now);
    case 'wiped':
      invariant(state.doing.kind === 'wiping', `the disk was wiped while ${state.doing.kind}`);
      return rest({ ...state, disk: event.disk }, event.failure, 'damaged', now);
    case 'restored':
      invariant(state.doing.kind === 'restoring', `a snapshot was restored while ${state.doing.kind}`);
      return stepRestored({ ...state, disk: event.disk }, state.doing.isCancelled, event.failure, now);
    case 'timer':
      return stepTimer(state, now);
    case 'close':
      return stepClose({ ...state, isClosing: true });
    default:
      return event satisfies never;
  }
}

function isAlive({ doing }: MemberState): boolean {
  return doing.kind === 'running' || doing.kind === 'stopping';
}

function still(state: MemberState): MemberStep {
  return { state, actions: [] };
}

function stepOrdered(state: MemberState, now: number): MemberStep {
  const { doing } = state;
  switch (doing.kind) {
    case 'waiting':
    case 'pausing':
      return judgeIdle(state, now);
    case 'running':
    case 'stopping':
      return state.isClosing ? still(state) : judgeAlive(state, doing);
    case 'restoring':
      if (doing.isCancelled) return still(state);
      return {
        state: { ...state, doing: { ...doing, isCancelled: true } },
        actions: [{ kind: 'cancel-restore' }],
      };
    case 'wiping':
    case 'closed':
      return still(state);
    default:
      return doing satisfies never;
  }
}

/** While etcd runs or ends, the latest order can only let it be, or end it. */
function judgeAlive(
  state: MemberState,
  doing: Extract<MemberDoing, { readonly kind: 'running' | 'stopping' }>,
): MemberStep {
  const { latest, disk } = state;
  if (latest === undefined || latest.revision <= state.obeyed) return still(state);
  const { order } = latest;
  const obeying = { ...state, obeyed: latest.revision };
  switch (order.kind) {
    case 'hold':
      return stop(obeying, 'hold');
    case 'wipe':
      return order.memberId === 'any' || hasData(disk, order.memberId) ? stop(obeying, 'wipe') : still(state);
    case 'resume':
      if (!hasData(disk, order.memberId)) return still(state);
      return doing.kind === 'stopping' ? stop({ ...obeying, name: order.name }, 'resume') : still(obeying);
    case 'start':
    case 'restore':
      return still(state);
    default:
      return order satisfies never;
  }
}

function judgeIdle(state: MemberState, now: number): MemberStep {
  const { latest, disk, doing } = state;
  if (latest === undefined || latest.revision <= state.obeyed) return still(state);
  const { order } = latest;
  const clear: readonly MemberAction[] = doing.kind === 'pausing' ? [{ kind: 'clear-timer' }] : [];
  const obeying: MemberState = { ...state, obeyed: latest.revision, failures: 0 };
  const then = ({ state: next, actions }: MemberStep): MemberStep => ({
    state: next,
    actions: [...clear, ...actions],
  });
  switch (order.kind) {
    case 'hold':
      return then(still({ ...obeying, doing: { kind: 'waiting' }, process: { kind: 'stopped' } }));
    case 'wipe':
      if (disk.kind === 'empty') return then(still(obeying));
      if (order.memberId !== 'any' && !hasData(disk, order.memberId)) return still(state);
      return then(wipe(obeying));
    case 'resume':
      if (!hasData(disk, order.memberId)) return still(state);
      return then(start({ ...obeying, name: order.name }, { kind: 'again', name: order.name }, now));
    case 'start': {
      if (!isFresh(disk, order.nonce)) return still(state);
      return then(start({ ...obeying, name: order.name }, { ...order, kind: 'first' }, now));
    }
    case 'restore': {
      if (!isFresh(disk, order.nonce)) return still(state);
      const restoring: MemberState = {
        ...obeying,
        name: order.name,
        doing: { kind: 'restoring', isCancelled: false },
        process: { kind: 'starting' },
      };
      return then({ state: restoring, actions: [{ kind: 'restore', order }] });
    }
    default:
      return order satisfies never;
  }
}

function hasData(disk: MemberDisk, memberId: string): boolean {
  return disk.kind === 'data' && disk.memberId === memberId;
}

function isFresh(disk: MemberDisk, nonce: string): boolean {
  return disk.kind === 'empty' && disk.nonce === nonce;
}

function start(state: MemberState, launch: Launch, now: number): MemberStep {
  return {
    state: { ...state, doing: { kind: 'running', startedAt: now }, process: { kind: 'starting' } },
    actions: [{ kind: 'start', launch }],
  };
}

function startAgain(state: MemberState, now: number): MemberStep {
  return start(state, { kind: 'again', name: state.name }, now);
}

function stop(state: MemberState, next: 'hold' | 'wipe' | 'resume'): MemberStep {
  const isStopping = state.doing.kind === 'stopping';
  return {
    state: { ...state, doing: { kind: 'stopping', next } },
    actions: isStopping ? [] : [{ kind: 'terminate' }, { kind: 'set-timer', ms: stopLimitMs }],
  };
}

function wipe(state: MemberState): MemberStep {
  return {
    state: { ...state, doing: { kind: 'wiping' }, process: { kind: 'stopped' } },
    actions: [{ kind: 'wipe' }],
  };
}

function stepBorn(state: MemberState): MemberStep {
  return state.doing.kind === 'running' ? judgeAlive(state, state.doing) : still(state);
}

function stepEnded(
  before: MemberState,
  event: Extract<MemberEvent, { readonly kind: 'ended' }>,
  now: number,
): MemberStep {
  const { doing } = before;
  const { finding, words, disk } = event;
  const state: MemberState = { ...before, disk };
  if (doing.kind === 'stopping') {
    const ended = stepStopped({ ...state, process: { kind: 'stopped' } }, doing.next, now);
    return { state: ended.state, actions: [{ kind: 'clear-timer' }, ...ended.actions] };
  }
  invariant(doing.kind === 'running', `etcd ended while ${doing.kind}`);
  const waiting: MemberState = {
    ...state,
    doing: { kind: 'waiting' },
    process: { kind: 'ended', finding, words },
  };
  const judged = judgeIdle(waiting, now);
  if (judged.state.obeyed !== state.obeyed || disk.kind !== 'data' || !restartable.has(finding))
    return judged;
  const failures = now - doing.startedAt >= lastPauseMs ? 0 : state.failures;
  const ms = Math.min(firstPauseMs * 2 ** failures, lastPauseMs);
  return {
    state: { ...waiting, doing: { kind: 'pausing' }, failures: failures + 1 },
    actions: [{ kind: 'set-timer', ms }],
  };
}

function stepStopped(state: MemberState, next: 'hold' | 'wipe' | 'resume', now: number): MemberStep {
  if (state.isClosing) return still({ ...state, doing: { kind: 'closed' } });
  const waiting: MemberState = { ...state, doing: { kind: 'waiting' } };
  if (next === 'wipe' && state.disk.kind !== 'empty') return wipe(waiting);
  if (next === 'resume' && state.disk.kind === 'data') return startAgain(waiting, now);
  return judgeIdle(waiting, now);
}

function stepRestored(state: MemberState, isCancelled: boolean, failure: string, now: number): MemberStep {
  if (isCancelled || failure !== '' || state.disk.kind !== 'data') {
    return rest(state, isCancelled ? '' : failure, 'unknown', now);
  }
  return startAgain(state, now);
}

/** Work on the disk is over, well or with a failure. */
function rest(state: MemberState, words: string, finding: MemberFinding, now: number): MemberStep {
  const process: MemberProcess = words === '' ? { kind: 'stopped' } : { kind: 'ended', finding, words };
  if (state.isClosing) return still({ ...state, process, doing: { kind: 'closed' } });
  return judgeIdle({ ...state, process, doing: { kind: 'waiting' } }, now);
}

function stepTimer(state: MemberState, now: number): MemberStep {
  if (state.doing.kind === 'pausing') return startAgain(state, now);
  invariant(state.doing.kind === 'stopping', `a timer fired while ${state.doing.kind}`);
  return { state, actions: [{ kind: 'kill' }] };
}

function stepClose(state: MemberState): MemberStep {
  const { doing } = state;
  switch (doing.kind) {
    case 'waiting':
      return still({ ...state, doing: { kind: 'closed' }, process: { kind: 'stopped' } });
    case 'pausing':
      return {
        state: { ...state, doing: { kind: 'closed' }, process: { kind: 'stopped' } },
        actions: [{ kind: 'clear-timer' }],
      };
    case 'running':
    case 'stopping':
      return stop(state, 'hold');
    case 'restoring': {
      const cancelled: MemberState = { ...state, doing: { ...doing, isCancelled: true } };
      return { state: cancelled, actions: doing.isCancelled ? [] : [{ kind: 'cancel-restore' }] };
    }
    case 'wiping':
    case 'closed':
      return still(state);
    default:
      return doing satisfies never;
  }
}
