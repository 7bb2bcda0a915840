// SPDX-License-Identifier: Apache-2.0

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Handler, realFiles } from '../effects/index.js';
import type { EtcdClient } from '../etcd/index.js';
import type { SnapshotSource } from '../registry/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import { fail } from './errors.js';

/** Snapshots of the machines' etcd cluster, and how machines get at them. */
export interface ClusterSnapshots {
  /** Saves what a member has, checks the file, and only then gives it its name. @throws `cli/bad-snapshot` */
  save(member: EtcdClient): Promise<SnapshotSource>;
  /** Where a machine fetches a snapshot, and the ticket that lets it; the same each time. */
  offer(source: SnapshotSource): { readonly url: string; readonly ticket: string };
  /** Answers `GET /snapshots/<SHA-256>` to whoever has the ticket for it. */
  readonly face: Handler;
}

/** @param findSource the snapshot that is on offer, by its SHA-256 */
export async function openClusterSnapshots(
  cluster: ClusterFolder,
  controlUrl: string,
  findSource: (sha256: string) => Promise<SnapshotSource | undefined>,
): Promise<ClusterSnapshots> {
  const secret = await readSecret(cluster);
  const ticketFor = (sha256: string) => createHmac('sha256', secret).update(sha256).digest('hex');
  return {
    async save(member) {
      const folder = join(cluster.state, 'snapshots');
      const saved = await saveSnapshot(folder, member);
      await prune(folder);
      return saved;
    },
    offer: ({ sha256 }) => ({ url: `${controlUrl}/snapshots/${sha256}`, ticket: ticketFor(sha256) }),
    face: async (request) => {
      const sha256 = new URL(request.url).pathname.split('/').at(-1) ?? '';
      const shown = (request.headers.get('authorization') ?? '').replace(/^Bearer /, '');
      if (!isSame(shown, ticketFor(sha256))) return new Response('a ticket is needed\n', { status: 401 });
      const source = await findSource(sha256);
      if (source === undefined) return new Response('no such snapshot\n', { status: 404 });
      const { size } = await stat(source.path);
      return new Response(streamFile(source.path), { headers: { 'content-length': String(size) } });
    },
  };
}

function streamFile(path: string): ReadableStream<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const pieces: AsyncIterator<Uint8Array> = file[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: () => void file.destroy(),
  });
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function readSecret(cluster: ClusterFolder): Promise<Buffer> {
  const path = join(cluster.state, 'snapshot-secret');
  await realFiles.create(path, randomBytes(32).toString('hex'), { mode: 0o600, isDurable: true });
  return Buffer.from(await readFile(path, 'utf8'), 'hex');
}

/** Saves what a member has into a folder, checks it, and only then names it by time and revision. @throws `cli/bad-snapshot` */
export async function saveSnapshot(folder: string, member: EtcdClient): Promise<SnapshotSource> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { revision } = await member.status();
  const path = join(folder, `${new Date().toISOString().replaceAll(':', '')}-${revision}.db`);
  const partial = `${path}.partial`;
  try {
    const sha256 = await writeChecked(partial, member.snapshot(AbortSignal.timeout(saveLimitMs)));
    await realFiles.move(partial, path);
    return { path, sha256, revision };
  } finally {
    await rm(partial, { force: true });
  }
}

/** How many snapshots of stops and recoveries are kept; their names sort by time. */
const kept = 5;

async function prune(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.db')).sort();
  for (const name of files.slice(0, -kept)) await rm(join(folder, name), { force: true });
}

const saveLimitMs = 300_000;
const trailerBytes = 32;

/** etcd ends a snapshot with the SHA-256 of all before it. Returns that of the whole file. */
async function writeChecked(path: string, pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const file = await open(path, 'wx', 0o600);
  const [whole, content] = [createHash('sha256'), createHash('sha256')];
  let tail: Uint8Array = new Uint8Array();
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
      whole.update(piece);
      const seen = Buffer.concat([tail, piece]);
      const cut = Math.max(0, seen.length - trailerBytes);
      content.update(seen.subarray(0, cut));
      tail = seen.subarray(cut);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const isWhole = tail.length === trailerBytes && content.digest().equals(Buffer.from(tail));
  if (!isWhole) throw fail('cli/bad-snapshot', { path });
  return whole.digest('hex');
}
