// SPDX-License-Identifier: Apache-2.0

/**
 * status: a read-only fold of everything into `ClusterStatus`, and its faces. It writes nothing, anywhere.
 */
export { type BootStatus, bootEvents, bootText } from './boot-status.js';
export {
  type ClusterStatus,
  foldStatus,
  type KnownMachine,
  type MachineStatus,
  type StatusInput,
  type StoreMemberStatus,
  type StoreStatus,
} from './cluster-status.js';
export { foldLock, type LockHolderStatus, type LockStatus } from './lock-status.js';
export { type StatusHandlerDeps, statusHandler } from './status-handler.js';
