// SPDX-License-Identifier: Apache-2.0

/**
 * lock: the reboot lock, one record per group with three faces.
 *
 *   locksmithctl ── semaphore (JSON, v2 view) ─┐
 *   FleetLock ───── fleetLockHandler ──────────┤  one compare-and-swap on
 *   muster lock ─── RebootLock ────────────────┘  semaphore and record
 *
 * What others write into the semaphore is taken over before anything else is decided. The room knows nothing of
 * machines: whether the cluster can do without one is asked of a `Gate`.
 */
export { fail, lockErrors } from './errors.js';
export { type FleetLockDeps, fleetLockHandler, isFleetLockPath } from './fleet-lock.js';
export {
  freePlaces,
  type LockFailure,
  type LockHolder,
  type LockSettings,
  type LockState,
  type LockWaiter,
  type Slots,
} from './lock-state.js';
export type { LockRequest, Refusal } from './lock-steps.js';
export {
  type RebootAction,
  type RebootEvent,
  type RebootLimits,
  type RebootState,
  stepReboot,
} from './reboot.js';
export { type Acquired, type Gate, openRebootLock, type RebootLock } from './reboot-lock.js';
export { openRolls, type Roll, type Rolls } from './roll.js';
export { makeSemaphore } from './stored-lock.js';
export type { RebootWindow } from './window.js';
