// SPDX-License-Identifier: Apache-2.0

import { resolve } from 'node:path';
import { isMusterError } from '../model/index.js';
import { type CheckedSnapshot, checkSnapshot } from './backups/check-snapshot.js';
import { type FoundBackup, findBackups } from './backups/find-backups.js';
import { takeBackup } from './backups/take-backup.js';
import { readCluster } from './cluster-files.js';
import { type ClusterFolder, findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { getControl } from './control-record.js';
import { fail } from './errors.js';
import { type Column, printJson, printRows } from './print.js';

interface BackupRow {
  readonly file: string;
  /** RFC 3339. */
  readonly time: string;
  readonly revision: number;
  readonly sizeBytes: number;
  readonly isVerified: boolean;
  /** Why it is not; empty when it is. */
  readonly reason: string;
}

const columns: readonly Column<BackupRow>[] = [
  { title: 'FILE', text: ({ file }) => file },
  { title: 'TIME', text: ({ time }) => time },
  { title: 'REVISION', text: ({ revision }) => String(revision) },
  { title: 'BYTES', text: ({ sizeBytes }) => String(sizeBytes) },
  { title: 'VERIFIED', text: ({ isVerified, reason }) => (isVerified ? 'yes' : `no: ${reason}`) },
];

/** Reads every backup from end to end. Exit code 1 when one is damaged. */
export async function runBackupList({ flags }: CommandInput): Promise<ExitCode> {
  const rows: BackupRow[] = [];
  for (const file of await findBackups(await backupFolder(findClusterFolder(flags)))) {
    rows.push(await readRow(file));
  }
  await printRows(textFlag(flags, 'output') ?? 'table', rows, columns);
  return rows.every(({ isVerified }) => isVerified) ? 0 : 1;
}

export async function runBackupNow({ flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const control = await getControl(cluster);
  const taken = await takeBackup(await backupFolder(cluster), control.storeUrls);
  if (textFlag(flags, 'output') === 'json') printJson(shown(taken));
  else {
    const { path, revision, sizeBytes } = taken;
    process.stdout.write(`saved ${path}: revision ${revision}, ${sizeBytes} bytes, checked\n`);
  }
  return 0;
}

function shown({ path, revision, sizeBytes, sha256 }: CheckedSnapshot) {
  return { file: path, revision, sizeBytes, sha256 };
}

/** @throws `cli/no-backups-here` */
async function backupFolder(cluster: ClusterFolder): Promise<string> {
  const { spec } = await readCluster(cluster);
  if (spec.store.kind !== 'etcd') throw fail('cli/no-backups-here');
  return resolve(cluster.folder, spec.backup?.dir ?? 'backups');
}

async function readRow(file: FoundBackup): Promise<BackupRow> {
  const row = { file: file.path, time: new Date(file.at).toISOString() };
  try {
    const { revision, sizeBytes } = await checkSnapshot(file.path);
    return { ...row, revision, sizeBytes, isVerified: true, reason: '' };
  } catch (error) {
    if (!isMusterError(error, 'cli/damaged-snapshot')) throw error;
    return { ...row, revision: file.revision, sizeBytes: 0, isVerified: false, reason: error.message };
  }
}
