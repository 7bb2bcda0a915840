// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { StoreEvent } from '../registry/index.js';
import { type BackupFile, dueAt, planPruning } from './backups/plan-backups.js';

/** What the cluster file asks for, as it applies now. */
export interface BackupTask {
  readonly everyMs: number;
  readonly keep: number;
  /** Absolute. */
  readonly folder: string;
  /** Client URLs of the members. */
  readonly endpoints: readonly string[];
}

export interface RunBackupsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Nothing: no backups are wanted, or there is no cluster yet to take one of. */
  readonly task: () => BackupTask | undefined;
  readonly list: (folder: string) => Promise<readonly BackupFile[]>;
  /** Returns when a backup lies there and was read back. */
  readonly take: (
    folder: string,
    endpoints: readonly string[],
  ) => Promise<{ readonly path: string; readonly revision: number }>;
  readonly remove: (folder: string, file: BackupFile) => Promise<void>;
  readonly note: (event: StoreEvent) => Promise<void>;
}

/** How often it is looked whether something is due, and the pause after a failure. */
const lookMs = 1_000;
const retryMs = 10_000;

/**
 * Takes a backup whenever one is due, checks it, and removes those that are too many, until `signal` fires. One that was
 * missed is made up at once. A failure is written to the event log when it begins and when it is over; nothing ends
 * because of it, and no old backup is removed before a new one is there.
 */
export async function runBackups(deps: RunBackupsDeps, signal: AbortSignal): Promise<void> {
  const state = { isFailing: false };
  while (!signal.aborted) {
    const task = deps.task();
    const outcome = task === undefined ? 'idle' : await turn(deps, task, state);
    await deps.clock.sleep(outcome === 'failed' ? retryMs : lookMs, signal);
  }
}

async function turn(
  deps: RunBackupsDeps,
  task: BackupTask,
  state: { isFailing: boolean },
): Promise<'idle' | 'failed'> {
  try {
    const files = await deps.list(task.folder);
    if (deps.clock.now() >= dueAt(files, task.everyMs, deps.clock.now())) {
      const { path, revision } = await deps.take(task.folder, task.endpoints);
      deps.log.info('backup', { path, revision });
      if (state.isFailing) await tell(deps, 'backup-recovered', `${path}, revision ${revision}`);
      state.isFailing = false;
    }
    const extra = planPruning(await deps.list(task.folder), task.keep);
    for (const file of extra) await deps.remove(task.folder, file);
    return 'idle';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.warn('backup failed', { reason });
    if (!state.isFailing) await tell(deps, 'backup-failed', reason);
    state.isFailing = true;
    return 'failed';
  }
}

async function tell(deps: RunBackupsDeps, kind: string, reason: string): Promise<void> {
  const event = { at: deps.clock.now(), kind, machine: '', memberId: '', reason };
  await deps.note(event).catch((error: unknown) => {
    deps.log.warn('an event was not written', { kind, reason: String(error) });
  });
}
