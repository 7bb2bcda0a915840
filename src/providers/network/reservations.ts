// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { z } from 'zod';
import type { Files } from '../../effects/index.js';
import { findBlock, type Ipv4Block, overlaps, renderBlock } from './ipv4-block.js';

// One user's clusters find each other through a folder of reservations, one file per network. A reservation
// counts only while the cluster that it names says the same in its own `network.json`; so a cluster whose
// folder was deleted or moved holds nothing, and nothing needs to be cleaned up after a crash.

export type Claim = { readonly kind: 'mine' } | { readonly kind: 'taken'; readonly folder: string };

export interface Reservations {
  /** The network that the cluster in `clusterFolder` has chosen, reserved or not. */
  chosen(): Promise<Ipv4Block | undefined>;
  /** Makes `block` this cluster's. Nothing stays behind when it is taken. Repeating it is harmless. */
  claim(block: Ipv4Block): Promise<Claim>;
  /** Gives back what this cluster has. */
  release(): Promise<void>;
}

/**
 * @param stateFolder of this user; `undefined`: there is none, and only the cluster's own file is kept
 */
export function openReservations(
  files: Files,
  clusterFolder: string,
  stateFolder: string | undefined,
): Reservations {
  const shared = stateFolder === undefined ? undefined : join(stateFolder, 'muster', 'networks');
  const scope = { files, clusterFolder, shared };
  return {
    chosen: () => readChosen(files, clusterFolder),
    claim: (block) => claim(scope, block),
    async release() {
      const block = await readChosen(files, clusterFolder);
      if (block !== undefined) await forget(scope, block);
    },
  };
}

interface ReservationScope {
  readonly files: Files;
  readonly clusterFolder: string;
  readonly shared: string | undefined;
}

/**
 * The cluster's own file first: from then on the reservation, once it is there, counts. Two clusters that find
 * the same stale reservation in the same instant may both take it over; the later one to look, at its next
 * start, sees that and moves.
 */
async function claim(scope: ReservationScope, block: Ipv4Block): Promise<Claim> {
  const { files, clusterFolder, shared } = scope;
  const before = await readChosen(files, clusterFolder);
  const isNew = before === undefined || renderBlock(before) !== renderBlock(block);
  if (shared === undefined) {
    await writeChosen(scope, block);
    return { kind: 'mine' };
  }
  await files.makeFolder(shared, 0o700);
  const other = await findRival(scope, block);
  if (other !== undefined) return { kind: 'taken', folder: other };
  if (isNew && before !== undefined) await forget(scope, before);
  if (isNew) await writeChosen(scope, block);
  const path = join(shared, fileName(block));
  const isStale = !(await files.create(path, clusterFolder)) && (await findRival(scope, block)) === undefined;
  if (isStale) await files.write(path, clusterFolder);
  const rival = await findRival(scope, block);
  if (rival === undefined) return { kind: 'mine' };
  await forget(scope, block);
  return { kind: 'taken', folder: rival };
}

/** The folder of another living cluster with a network that overlaps. */
async function findRival(scope: ReservationScope, block: Ipv4Block): Promise<string | undefined> {
  const { files, clusterFolder, shared = '' } = scope;
  for (const name of (await files.list(shared)) ?? []) {
    const other = findBlock(name.replace('_', '/'));
    if (other === undefined || !overlaps(other, block)) continue;
    const folder = await files.readText(join(shared, name));
    if (folder === undefined || folder === '' || folder === clusterFolder) continue;
    const chosen = await readChosen(files, folder);
    if (chosen !== undefined && renderBlock(chosen) === renderBlock(other)) return folder;
  }
  return undefined;
}

async function forget(scope: ReservationScope, block: Ipv4Block): Promise<void> {
  const { files, clusterFolder, shared } = scope;
  if (shared !== undefined) {
    const path = join(shared, fileName(block));
    if ((await files.readText(path)) === clusterFolder) await files.remove(path);
  }
  await files.remove(chosenPath(clusterFolder));
}

const chosenSchema = z.object({ network: z.string() });

/** A file that cannot be understood counts as none: the network is chosen anew. */
async function readChosen(files: Files, clusterFolder: string): Promise<Ipv4Block | undefined> {
  const text = await files.readText(chosenPath(clusterFolder));
  if (text === undefined) return undefined;
  try {
    return findBlock(chosenSchema.parse(JSON.parse(text)).network);
  } catch {
    return undefined;
  }
}

async function writeChosen(scope: ReservationScope, block: Ipv4Block): Promise<void> {
  const text = `${JSON.stringify({ network: renderBlock(block) })}\n`;
  await scope.files.makeFolder(scope.clusterFolder, 0o700);
  await scope.files.write(chosenPath(scope.clusterFolder), text);
}

function chosenPath(clusterFolder: string): string {
  return join(clusterFolder, 'network.json');
}

function fileName(block: Ipv4Block): string {
  return renderBlock(block).replace('/', '_');
}
