// SPDX-License-Identifier: Apache-2.0

import { existsSync, realpathSync } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { randomHex, realFiles, realRandom } from '../effects/index.js';
import { type FlagValues, textFlag } from './command.js';
import { fail } from './errors.js';

/** Where one cluster lives on this computer. All paths are absolute and free of links. */
export interface ClusterFolder {
  /** The cluster file; it need not exist. */
  readonly clusterFile: string;
  /** The folder of the cluster file; user-data paths start here. */
  readonly folder: string;
  /** `.muster` beside it: state, private to its owner. */
  readonly state: string;
}

const clusterFileName = 'cluster.yaml';
const stateFolderName = '.muster';

/**
 * Finds the cluster that a command line speaks of: `--file`, `MUSTER_FILE`, else the nearest folder, from
 * here upwards, that holds a cluster file or a cluster's state; else this folder.
 */
export function findClusterFolder(flags: FlagValues): ClusterFolder {
  const named = textFlag(flags, 'file') ?? process.env.MUSTER_FILE;
  if (named === undefined || named === '') return folderAt(nearestFolder(process.cwd()));
  const path = resolve(named);
  if (!existsSync(path)) throw fail('cli/no-cluster-file', { path });
  return folderAt(dirname(path), basename(path));
}

function nearestFolder(start: string): string {
  let folder = start;
  for (;;) {
    if (existsSync(join(folder, clusterFileName)) || existsSync(join(folder, stateFolderName))) return folder;
    if (dirname(folder) === folder) return start;
    folder = dirname(folder);
  }
}

function folderAt(path: string, fileName = clusterFileName): ClusterFolder {
  const folder = realpathSync(path);
  return { clusterFile: join(folder, fileName), folder, state: join(folder, stateFolderName) };
}

const clusterRecord = z.object({
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Where the state folder was when the record was written. */
  state: z.string(),
  /** The cluster file that the state belongs to: its name in the folder. */
  file: z.string(),
});

type ClusterRecord = z.infer<typeof clusterRecord>;

/**
 * The cluster's ID, minted at the first call. Makes the state folder, and refuses one that others could
 * read, that is somebody else's, a copy, or of another cluster file.
 *
 * @throws `cli/not-private`, `cli/not-owner`, `cli/copied-folder`, `cli/other-file`, `cli/damaged-state`
 */
export async function openClusterId(cluster: ClusterFolder): Promise<string> {
  const known = await findClusterId(cluster);
  if (known !== undefined) return known;
  await mkdir(cluster.state, { recursive: true, mode: 0o700 });
  await refuseOpen(cluster.state);
  const file = basename(cluster.clusterFile);
  await writeRecord({ clusterId: randomHex(realRandom, 16), state: cluster.state, file }, realFiles.create);
  const minted = await findClusterId(cluster);
  if (minted === undefined) throw new Error(`${recordPath(cluster.state)} vanished`);
  return minted;
}

/** As `openClusterId`, creating nothing: `undefined` when this cluster was never brought up. */
export async function findClusterId(cluster: ClusterFolder): Promise<string | undefined> {
  const { state } = cluster;
  if (!existsSync(state)) return undefined;
  await refuseOpen(state);
  const record = await readRecord(state);
  if (record === undefined) return undefined;
  if (record.state !== state) await adoptMoved(record, state);
  const file = basename(cluster.clusterFile);
  if (record.file !== file)
    throw fail('cli/other-file', { file, folder: cluster.folder, other: record.file });
  return record.clusterId;
}

async function refuseOpen(state: string): Promise<void> {
  const found = await lstat(state);
  if (process.getuid !== undefined && found.uid !== process.getuid())
    throw fail('cli/not-owner', { path: state });
  if ((found.mode & 0o077) !== 0 || !found.isDirectory()) throw fail('cli/not-private', { path: state });
}

function recordPath(state: string): string {
  return join(state, 'cluster.json');
}

async function readRecord(state: string): Promise<ClusterRecord | undefined> {
  const text = await realFiles.readText(recordPath(state));
  if (text === undefined) return undefined;
  try {
    return clusterRecord.parse(JSON.parse(text));
  } catch (error) {
    throw fail('cli/damaged-state', { path: recordPath(state) }, error);
  }
}

async function writeRecord(
  record: ClusterRecord,
  write: (path: string, text: string, options: { readonly isDurable: boolean }) => Promise<unknown>,
): Promise<void> {
  await write(recordPath(record.state), `${JSON.stringify(record)}\n`, { isDurable: true });
}

/** A folder may be moved. A copy beside its original would take the original's machines for its own. */
async function adoptMoved(record: ClusterRecord, state: string): Promise<void> {
  const original = await readRecord(record.state).catch(() => undefined);
  if (original?.clusterId === record.clusterId) {
    throw fail('cli/copied-folder', { path: state, original: record.state });
  }
  await writeRecord({ ...record, state }, realFiles.write);
}
