// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { realFiles } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import { type CheckedSnapshot, checkSnapshot } from './check-snapshot.js';
import { type BackupFile, findBackup, sortBackups } from './plan-backups.js';

export interface FoundBackup extends BackupFile {
  readonly path: string;
}

/** The backups in a folder, newest first; a folder that is not there has none. */
export async function findBackups(folder: string): Promise<readonly FoundBackup[]> {
  const names = (await realFiles.list(folder)) ?? [];
  const found = names.map(findBackup).filter((file) => file !== undefined);
  return sortBackups(found).map((file) => ({ ...file, path: join(folder, file.name) }));
}

/** The newest of all folders that is whole, and those newer ones that are not. Cost: reads each from end to end. */
export async function findNewestWhole(folders: readonly string[]): Promise<{
  readonly backup: (FoundBackup & CheckedSnapshot) | undefined;
  readonly damaged: readonly string[];
}> {
  const all = (await Promise.all(folders.map(findBackups))).flat().sort((left, right) => right.at - left.at);
  const damaged: string[] = [];
  for (const file of all) {
    try {
      return { backup: { ...file, ...(await checkSnapshot(file.path)) }, damaged };
    } catch (error) {
      if (!isMusterError(error, 'cli/damaged-snapshot')) throw error;
      damaged.push(file.path);
    }
  }
  return { backup: undefined, damaged };
}
