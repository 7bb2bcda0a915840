// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../../registry/index.js';
import type { SnapshotDesk } from './keep-members.js';

/** Hands the latest snapshot from the one who follows the registry to one who is slower. */
export function openSnapshotDesk(): SnapshotDesk & { put(snapshot: ClusterSnapshot): void } {
  let latest: ClusterSnapshot | undefined;
  const waiting = new Set<() => void>();
  return {
    latest: () => latest,
    put(snapshot) {
      latest = snapshot;
      for (const wake of [...waiting]) wake();
    },
    newer(revision, signal) {
      if ((latest !== undefined && latest.revision > revision) || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
