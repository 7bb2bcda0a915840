// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { ByteSource } from '../effects/index.js';
import { openDatabase } from './bolt/read-database.js';
import { fail } from './errors.js';
import { parseItem, type SnapshotItem } from './snapshot-item.js';
import { isSystemError } from './system-error.js';

/** What a snapshot is, once all of it was read and found sound. */
export interface SnapshotFacts {
  readonly revision: number;
  /** In all buckets, as `etcdctl snapshot status` counts. */
  readonly entryCount: number;
  readonly sizeBytes: number;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
}

export interface SnapshotOptions {
  /** Take a database without a checksum or with a wrong one, as etcd's `--skip-hash-check`; `false` when left out. */
  readonly skipsHashCheck?: boolean;
}

const sumBytes = 32;
/** A database consists of pages, whose size is a multiple of this: what goes beyond it is a checksum. */
const unitBytes = 512;
const pieceBytes = 1024 * 1024;

/**
 * Reads a snapshot of etcd or of an embedded store, giving what is in it to `take`. What was taken is of use only when
 * it returns. Memory: some 20 MB, or the largest value of it.
 *
 * @throws `store/snapshot-invalid`, and what `take` and the source throw
 */
export async function readSnapshot(
  source: ByteSource,
  options: SnapshotOptions,
  take: (items: readonly SnapshotItem[]) => Promise<void>,
): Promise<SnapshotFacts> {
  const facts = { revision: 1, entryCount: 0, sizeBytes: source.sizeBytes, sha256: '' };
  for await (const items of soundly(readItems(source, options, facts))) await take(items);
  return facts;
}

/**
 * Whether a snapshot is whole: its checksum, each page, each entry. Cost: reads it twice.
 *
 * @throws `store/snapshot-invalid`
 */
export function verifySnapshot(source: ByteSource, options: SnapshotOptions = {}): Promise<SnapshotFacts> {
  return readSnapshot(source, options, async () => {});
}

type Found = { -readonly [Key in keyof SnapshotFacts]: SnapshotFacts[Key] };

async function* readItems(
  source: ByteSource,
  { skipsHashCheck = false }: SnapshotOptions,
  facts: Found,
): AsyncGenerator<readonly SnapshotItem[]> {
  const hasSum = source.sizeBytes % unitBytes === sumBytes;
  const sizeBytes = hasSum ? source.sizeBytes - sumBytes : source.sizeBytes;
  const { sha256, problem } = await sumUp(source, sizeBytes);
  if (problem !== undefined && !skipsHashCheck) throw new Error(problem);
  facts.sha256 = sha256;
  const database = await openDatabase(source, sizeBytes);
  const missing = ['key', 'meta'].find((name) => !database.buckets.includes(name));
  if (missing !== undefined) throw new Error(`it is no database of etcd: it has no bucket "${missing}"`);
  for (const bucket of database.buckets) {
    for await (const cells of database.entries(bucket)) {
      facts.entryCount += cells.length;
      const items = cells.map((cell) => parseItem(bucket, cell)).filter((item) => item !== undefined);
      facts.revision = items.reduce((newest, item) => Math.max(newest, revisionOf(item)), facts.revision);
      yield items;
    }
  }
}

function revisionOf(item: SnapshotItem): number {
  return item.kind === 'record' || item.kind === 'compacted' ? item.revision : 0;
}

/** @param sizeBytes without the checksum */
async function sumUp(source: ByteSource, sizeBytes: number) {
  const sum = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += pieceBytes) {
    sum.update(await source.read(at, Math.min(pieceBytes, sizeBytes - at)));
  }
  const content = sum.copy().digest();
  const trailer = await source.read(sizeBytes, source.sizeBytes - sizeBytes);
  const sha256 = sum.update(trailer).digest('hex');
  if (trailer.length === 0) return { sha256, problem: 'it has no checksum at its end' };
  return { sha256, problem: content.equals(trailer) ? undefined : 'its checksum does not fit its content' };
}

async function* soundly<T>(inner: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* inner;
  } catch (error) {
    if (isSystemError(error)) throw error;
    throw fail(
      'store/snapshot-invalid',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}
