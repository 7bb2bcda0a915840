// SPDX-License-Identifier: Apache-2.0

import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Log, realClock } from '../effects/index.js';
import type { ClusterSnapshot, Registry } from '../registry/index.js';
import { findBackups } from './backups/find-backups.js';
import { takeBackup } from './backups/take-backup.js';
import type { ClusterFolder } from './cluster-folder.js';
import type { ClusterPlan } from './cluster-plan.js';
import { reachUrl } from './reach.js';
import { type BackupTask, runBackups } from './run-backups.js';

/** The backups of the control process: what the cluster file asks for, of the cluster as it stands. */
export function runControlBackups(
  deps: {
    readonly cluster: ClusterFolder;
    readonly registry: Registry;
    readonly log: Log;
    readonly latest: () => ClusterSnapshot;
    readonly planOf: (snapshot: ClusterSnapshot) => ClusterPlan | undefined;
  },
  signal: AbortSignal,
): Promise<void> {
  const { cluster, registry, log, latest, planOf } = deps;
  const task = (): BackupTask | undefined => {
    const snapshot = latest();
    const plan = planOf(snapshot);
    const backup = plan?.spec.backup;
    // A cluster that is stopped, or has not begun, has nothing to be saved.
    if (plan === undefined || backup === undefined || snapshot.store?.phase !== 'formed') return undefined;
    const listed = snapshot.store.members.flatMap(({ clientUrls }) =>
      clientUrls.map((url) => reachUrl(plan.reach, url)),
    );
    return {
      everyMs: backup.everySeconds * 1000,
      keep: backup.keep,
      folder: resolve(cluster.folder, backup.dir),
      endpoints: listed.length > 0 ? listed : plan.storeUrls,
    };
  };
  return runBackups(
    {
      clock: realClock,
      log,
      task,
      list: findBackups,
      take: takeBackup,
      remove: (folder, { name }) => rm(join(folder, name), { force: true }),
      note: (event) => registry.store.note(event),
    },
    signal,
  );
}
