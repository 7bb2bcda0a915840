// SPDX-License-Identifier: Apache-2.0

/** Where one machine stands on its way through a reboot under the lock. Times in milliseconds since 1970. */
export type RebootState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly since: number; readonly why: string }
  | { readonly kind: 'holding'; readonly fence: number }
  /** It was told to go down; `bootId` is the boot that is to end. */
  | { readonly kind: 'rebooting'; readonly fence: number; readonly bootId: string; readonly deadline: number }
  /** It is back; `wellSince`: since when it is well, 0: it is not. */
  | {
      readonly kind: 'releasing';
      readonly fence: number;
      readonly wellSince: number;
      readonly deadline: number;
    };

export type RebootEvent =
  | { readonly kind: 'asked' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'granted'; readonly fence: number }
  /** It was drained, and the fence stood when this was looked at again. */
  | { readonly kind: 'ready'; readonly bootId: string }
  /** How the machine is seen. */
  | {
      readonly kind: 'seen';
      readonly bootId: string;
      readonly isJoined: boolean;
      /** Empty: nothing. */
      readonly notWell: string;
    }
  | { readonly kind: 'tick' }
  /** The lock is not this machine's any more. */
  | { readonly kind: 'lost' }
  /** The reboot could not be done, or the machine will not come back by itself. */
  | { readonly kind: 'failed'; readonly why: string };

export type RebootAction =
  | { readonly kind: 'acquire' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'release' }
  /** The place is held on, so that nobody else follows. */
  | { readonly kind: 'hold'; readonly why: string };

export interface RebootLimits {
  /** From the order until the machine has joined anew. */
  readonly returnMs: number;
  /** From then on, until it is well. */
  readonly wellMs: number;
  /** How long it has to be well without a break. */
  readonly settleMs: number;
}

export interface RebootStep {
  readonly state: RebootState;
  readonly actions: readonly RebootAction[];
}

const idle: RebootState = { kind: 'idle' };

/**
 * The way of one machine: idle → waiting → holding → rebooting → releasing → idle. The place is given back only once it
 * has booted anew, has joined and was well for a while; otherwise it is held on. Pure.
 */
export function stepReboot(
  state: RebootState,
  event: RebootEvent,
  now: number,
  limits: RebootLimits,
): RebootStep {
  if (event.kind === 'failed' || event.kind === 'lost') return end(state, event);
  switch (state.kind) {
    case 'idle':
      return event.kind === 'asked'
        ? step({ kind: 'waiting', since: now, why: '' }, { kind: 'acquire' })
        : step(state);
    case 'waiting':
      if (event.kind === 'granted') return step({ kind: 'holding', fence: event.fence }, { kind: 'drain' });
      if (event.kind === 'refused') return step({ ...state, why: event.why });
      return event.kind === 'tick' ? step(state, { kind: 'acquire' }) : step(state);
    case 'holding':
      if (event.kind !== 'ready') return step(state);
      return step(
        { kind: 'rebooting', fence: state.fence, bootId: event.bootId, deadline: now + limits.returnMs },
        { kind: 'reboot' },
      );
    case 'rebooting':
      return stepRebooting(state, event, now, limits);
    case 'releasing':
      return stepReleasing(state, event, now, limits);
    default:
      return state satisfies never;
  }
}

function stepRebooting(
  state: Extract<RebootState, { kind: 'rebooting' }>,
  event: RebootEvent,
  now: number,
  limits: RebootLimits,
): RebootStep {
  const isBack =
    event.kind === 'seen' && event.isJoined && event.bootId !== '' && event.bootId !== state.bootId;
  if (isBack) {
    const back = {
      kind: 'releasing',
      fence: state.fence,
      wellSince: 0,
      deadline: now + limits.wellMs,
    } as const;
    return stepReleasing(back, event, now, limits);
  }
  if (now < state.deadline) return step(state);
  return step(idle, { kind: 'hold', why: `it is not back after ${limits.returnMs / 1000} s` });
}

function stepReleasing(
  state: Extract<RebootState, { kind: 'releasing' }>,
  event: RebootEvent,
  now: number,
  limits: RebootLimits,
): RebootStep {
  const isWell = event.kind === 'seen' ? event.isJoined && event.notWell === '' : state.wellSince > 0;
  const wellSince = isWell ? state.wellSince || now : 0;
  if (isWell && now - wellSince >= limits.settleMs) return step(idle, { kind: 'release' });
  if (!isWell && now >= state.deadline) {
    const why = event.kind === 'seen' && event.notWell !== '' ? `: ${event.notWell}` : '';
    return step(idle, { kind: 'hold', why: `it is not well after ${limits.wellMs / 1000} s${why}` });
  }
  return step(wellSince === state.wellSince ? state : { ...state, wellSince });
}

/** Before it was told to go down nothing has happened, and the place is free for others. */
function end(state: RebootState, event: Extract<RebootEvent, { kind: 'failed' | 'lost' }>): RebootStep {
  if (event.kind === 'lost' || state.kind === 'idle' || state.kind === 'waiting') return step(idle);
  return state.kind === 'holding'
    ? step(idle, { kind: 'release' })
    : step(idle, { kind: 'hold', why: event.why });
}

function step(state: RebootState, ...actions: readonly RebootAction[]): RebootStep {
  return { state, actions };
}
