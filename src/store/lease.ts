// SPDX-License-Identifier: Apache-2.0

import { invariant } from '../model/index.js';

/** Times are monotonic milliseconds. */
export type LeaseState =
  | { readonly kind: 'granted'; readonly ttlSeconds: number; readonly expiresAt: number }
  /** Ran out, its keys are still there: a full disk can keep it so, and revoking is tried again. */
  | { readonly kind: 'expired'; readonly ttlSeconds: number; readonly retryAt: number }
  | { readonly kind: 'revoked' };

export type LeaseEvent = { readonly kind: 'renew' } | { readonly kind: 'tick' } | { readonly kind: 'revoke' };

/** `revoke`: now is the time for it. `delete-keys`: with the lease, in the same revision. */
export type LeaseAction = { readonly kind: 'revoke' } | { readonly kind: 'delete-keys' };

// A full disk may have room again by then.
const retryMs = 1000;

export interface LeaseStep {
  readonly state: LeaseState;
  readonly actions: readonly LeaseAction[];
}

export function grantedLease(ttlSeconds: number, now: number): LeaseState {
  return { kind: 'granted', ttlSeconds, expiresAt: now + ttlSeconds * 1000 };
}

/**
 * A lease that ran out cannot be renewed, only revoked, even when nobody has noticed yet that it ran out; of a
 * revoked one nothing is asked any more.
 */
export function stepLease(state: LeaseState, event: LeaseEvent, now: number): LeaseStep {
  invariant(state.kind !== 'revoked', `"${event.kind}" for a revoked lease`);
  const isLive = state.kind === 'granted' && now < state.expiresAt;
  const isWaiting = state.kind === 'expired' && now < state.retryAt;
  switch (event.kind) {
    case 'renew':
      return { state: isLive ? grantedLease(state.ttlSeconds, now) : state, actions: [] };
    case 'tick':
      if (isLive || isWaiting) return { state, actions: [] };
      return {
        state: { kind: 'expired', ttlSeconds: state.ttlSeconds, retryAt: now + retryMs },
        actions: [{ kind: 'revoke' }],
      };
    case 'revoke':
      return { state: { kind: 'revoked' }, actions: [{ kind: 'delete-keys' }] };
  }
}

/** When the next `tick` has something to do; `undefined`: never. */
export function deadlineOf(state: LeaseState): number | undefined {
  if (state.kind === 'revoked') return undefined;
  return state.kind === 'granted' ? state.expiresAt : state.retryAt;
}

/** Whole seconds left, cut off as etcd does; 0 for one that ran out. */
export function secondsLeft(state: LeaseState, now: number): number {
  if (state.kind !== 'granted') return 0;
  return Math.max(0, Math.trunc((state.expiresAt - now) / 1000));
}
