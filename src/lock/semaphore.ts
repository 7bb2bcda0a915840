// SPDX-License-Identifier: Apache-2.0

/** Where the reboot lock has always been. Source of key and value: coreos/locksmith, lock/etcd.go. */
export const semaphoreKey = '/coreos.com/updateengine/rebootlock/semaphore';

/** The reboot lock: at most `max` machines reboot at once. */
export interface Semaphore {
  /** Free places; negative after `max` was lowered below the number of holders. */
  readonly semaphore: number;
  readonly max: number;
  /** Sorted; `null` until somebody held it for the first time. */
  readonly holders: readonly string[] | null;
}

export const newSemaphore: Semaphore = { semaphore: 1, max: 1, holders: null };

/** One line, in the order in which locksmith writes it. */
export function renderSemaphore({ semaphore, max, holders }: Semaphore): string {
  return JSON.stringify({ semaphore, max, holders });
}
