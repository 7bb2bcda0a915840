// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Exec, Files } from '../../effects/index.js';
import type { MemberOrder, PeerEntry } from '../../model/index.js';
import { fail } from '../errors.js';
import type { MemberDiskFolder } from './member-disk.js';

/**
 * Writes the snapshot behind a URL into a file that is not there yet. The ticket is what its server wants to see.
 * Rejects when it cannot, or when `signal` fires.
 */
export type FetchSnapshot = (url: string, ticket: string, file: string, signal: AbortSignal) => Promise<void>;

export interface RestoreDeps {
  readonly exec: Exec;
  readonly files: Files;
  readonly fetchSnapshot: FetchSnapshot;
}

/**
 * Makes the data of a snapshot the disk's, as the only member of a new cluster, with new IDs. The disk has data
 * after that, or is as empty as before.
 *
 * @param tool etcdutl, or the etcdctl of 3.4
 * @throws `bootstrap/restore-failed`, and what the fetching throws
 */
export async function restoreMember(
  deps: RestoreDeps,
  options: { readonly tool: string; readonly peerUrls: readonly string[] },
  disk: MemberDiskFolder,
  order: Extract<MemberOrder, { readonly kind: 'restore' }>,
  signal: AbortSignal,
): Promise<void> {
  const { name, token, initialCluster, snapshot } = order;
  const ownUrls = initialCluster.find((entry) => entry.name === name)?.urls ?? options.peerUrls;
  const folder = await disk.makeWorkFolder();
  const file = join(folder, 'snapshot.db');
  const data = join(folder, 'data');
  await deps.fetchSnapshot(snapshot.url, snapshot.ticket, file, signal);
  const sum = await sha256Of(deps.files, file);
  if (sum !== snapshot.sha256.toLowerCase()) {
    const why = `its SHA-256 is ${sum}, not ${snapshot.sha256}`;
    throw fail('bootstrap/restore-failed', { why });
  }
  const ran = await deps.exec
    .run(
      options.tool,
      [
        ['snapshot', 'restore', file, '--data-dir', data, '--name', name, '--initial-cluster-token', token],
        ['--initial-cluster', renderCluster(initialCluster)],
        ['--initial-advertise-peer-urls', ownUrls.join(',')],
      ].flat(),
      { env: { ETCDCTL_API: '3' }, signal },
    )
    .catch((error: unknown) => {
      throw fail('bootstrap/restore-failed', { why: `cannot run "${options.tool}"` }, error);
    });
  signal.throwIfAborted();
  if (ran.code !== 0) {
    const lines = `${ran.stdout}\n${ran.stderr}`.split('\n').filter((line) => line.trim() !== '');
    throw fail('bootstrap/restore-failed', { why: lines.at(-1) ?? `exit code ${ran.code}` });
  }
  await disk.adopt(data);
}

function renderCluster(entries: readonly PeerEntry[]): string {
  return entries.flatMap(({ name, urls }) => urls.map((url) => `${name}=${url}`)).join(',');
}

const partBytes = 1024 * 1024;

async function sha256Of(files: Files, path: string): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; ; offset += partBytes) {
    const part = (await files.readPart(path, offset, partBytes)) ?? new Uint8Array();
    hash.update(part);
    if (part.length < partBytes) return hash.digest('hex');
  }
}
