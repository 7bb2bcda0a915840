// SPDX-License-Identifier: Apache-2.0

import { type Outcome, renderOutcome, type UnitPhase, type UnitPolicy } from './unit-policy.js';

/** Where a unit stands. `kind` with its fields says what is awaited; the rest is memory. */
export type UnitState = UnitPlace & UnitMemory;

export type UnitPlace =
  | { readonly kind: 'dead' }
  | { readonly kind: 'failed' }
  /** Running command `index` of that phase; in `start` it is the service itself, not ready yet. */
  | { readonly [P in UnitPhase]: { readonly kind: P; readonly index: number } }[UnitPhase]
  | { readonly kind: 'running' }
  /** Ended well, and active all the same. */
  | { readonly kind: 'exited' }
  /** Processes were signalled; `isFinal` after the `stop-post` commands. */
  | { readonly kind: 'killing'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly isFinal: boolean }
  | { readonly kind: 'auto-restart' };

export interface UnitMemory {
  readonly policy: UnitPolicy;
  readonly isMainAlive: boolean;
  readonly isStopWanted: boolean;
  /** Of the run that goes on, or of the last one. */
  readonly outcome: Outcome;
  /** When it was started, within the limit's interval; monotonic milliseconds. */
  readonly starts: readonly number[];
}

/** A unit that was never started. */
export function initialUnit(policy: UnitPolicy): UnitState {
  return {
    kind: 'dead',
    policy,
    isMainAlive: false,
    isStopWanted: false,
    outcome: { kind: 'success' },
    starts: [],
  };
}

/** A state in systemd's words; `reason` says why it failed, or why it is started again. */
export function renderUnitState(state: UnitState): {
  readonly active: 'active' | 'inactive' | 'activating' | 'deactivating' | 'failed';
  readonly sub: string;
  readonly reason?: string;
} {
  const words = renderOutcome(state.outcome);
  const reason = words === '' ? {} : { reason: words };
  switch (state.kind) {
    case 'dead':
      return { active: 'inactive', sub: 'dead' };
    case 'failed':
      return { active: 'failed', sub: 'failed', ...reason };
    case 'start-pre':
    case 'start':
    case 'start-post':
      return { active: 'activating', sub: state.kind };
    case 'running':
    case 'exited':
    case 'reload':
      return { active: 'active', sub: state.kind };
    case 'stop':
    case 'stop-post':
      return { active: 'deactivating', sub: state.kind, ...reason };
    case 'killing': {
      const stage = state.isFinal ? 'final' : 'stop';
      const sub = `${stage}-${state.signal === 'SIGTERM' ? 'sigterm' : 'sigkill'}`;
      return { active: 'deactivating', sub, ...reason };
    }
    case 'auto-restart':
      return { active: 'activating', sub: 'auto-restart', ...reason };
    default:
      return state satisfies never;
  }
}
