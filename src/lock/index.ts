// SPDX-License-Identifier: Apache-2.0

/**
 * lock: the reboot lock, a semaphore with named holders under locksmith's key and in its form. Today it
 * only comes into being, so that every cluster shows it; taking and giving it back is not here yet.
 */
export { openRebootLock } from './reboot-lock.js';
export { newSemaphore, renderSemaphore, type Semaphore, semaphoreKey } from './semaphore.js';
