// SPDX-License-Identifier: Apache-2.0

import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connect } from '../../etcd/index.js';
import { type CheckedSnapshot, checkSnapshot } from '../backups/check-snapshot.js';
import { findNewestWhole } from '../backups/find-backups.js';
import { saveSnapshot } from '../cluster-snapshots.js';
import { fail } from '../errors.js';
import { chooseSurvivor, type Survivor } from './plan-recovery.js';

/** What the new cluster will be made of: a file of its own, whole, which nobody else removes. */
export interface RecoverySource {
  readonly kind: 'survivor' | 'backup' | 'file';
  /** Where it came from, in words: `the disk of core-01`. */
  readonly from: string;
  /** When it was taken, milliseconds since 1970; nothing: nobody knows. */
  readonly at: number | undefined;
  readonly snapshot: CheckedSnapshot;
  readonly warnings: readonly string[];
  /** Removes the file; for a recovery that does not come about. */
  discard(): Promise<void>;
}

export interface SourceQuery {
  /** The operator's; wins over all others. */
  readonly file: string | undefined;
  readonly survivors: readonly Survivor[];
  /** Machines that have data of the cluster, whether they answer or not. */
  readonly holders: readonly string[];
  readonly backupFolders: readonly string[];
  /** Where it is kept until it is used. */
  readonly folder: string;
  readonly now: number;
}

/**
 * The file that was named, else the best survivor's data, saved here and now, else the newest whole backup.
 *
 * @throws `cli/damaged-snapshot`, `cli/no-source`
 */
export async function openSource(query: SourceQuery): Promise<RecoverySource> {
  await mkdir(query.folder, { recursive: true, mode: 0o700 });
  if (query.file !== undefined) {
    const path = resolve(query.file);
    const snapshot = await copyChecked(await checkSnapshot(path), query.folder);
    return source('file', `the file ${path}`, undefined, snapshot, []);
  }
  const best = chooseSurvivor(query.survivors);
  if (best !== undefined) return fromSurvivor(query, best);
  return fromBackup(query);
}

async function fromSurvivor({ folder, now }: SourceQuery, best: Survivor): Promise<RecoverySource> {
  const client = connect([best.endpoint]);
  try {
    const { path } = await saveSnapshot(folder, client);
    const snapshot = await checkSnapshot(path).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    return source('survivor', `the disk of ${best.machine}`, now, snapshot, []);
  } finally {
    await client.close();
  }
}

async function fromBackup({ backupFolders, holders, folder }: SourceQuery): Promise<RecoverySource> {
  const { backup, damaged } = await findNewestWhole(backupFolders);
  if (backup === undefined) {
    const bad = damaged.length === 0 ? '' : `, and ${damaged.join(', ')} cannot be used`;
    const why = `no member that has its data answers, and there is no backup in ${backupFolders.join(', ')}${bad}`;
    throw fail('cli/no-source', { why, next: 'name a snapshot: `muster recover --from FILE`' });
  }
  if (holders.length > 0) {
    // It has more than the backup, and would be wiped.
    const why = `${holders.join(', ')} still has data, which is newer than any backup, but does not answer`;
    const next = `look at \`muster status\` and \`muster logs ${holders[0]}\`; to give that data up: \`muster recover --from ${backup.path}\``;
    throw fail('cli/no-source', { why, next });
  }
  const snapshot = await copyChecked(backup, folder);
  const warnings = damaged.map((path) => `${path} is newer, and damaged: it was passed over`);
  return source('backup', `the backup ${backup.path}`, backup.at, snapshot, warnings);
}

function source(
  kind: RecoverySource['kind'],
  from: string,
  at: number | undefined,
  snapshot: CheckedSnapshot,
  warnings: readonly string[],
): RecoverySource {
  return {
    kind,
    from,
    at,
    snapshot,
    warnings,
    discard: () => rm(snapshot.path, { force: true }),
  };
}

/** Its own copy: a backup may be pruned, a file may be changed, while machines still fetch it. */
async function copyChecked(original: CheckedSnapshot, folder: string): Promise<CheckedSnapshot> {
  const path = join(folder, `recover-${original.sha256.slice(0, 16)}.db`);
  const partial = `${path}.partial`;
  try {
    await copyFile(original.path, partial, constants.COPYFILE_FICLONE);
    await chmod(partial, 0o600);
    const copied = await checkSnapshot(partial);
    await rename(partial, path);
    return { ...copied, path };
  } finally {
    await rm(partial, { force: true });
  }
}
