// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { fail, type Snapshot } from '../etcd/index.js';
import type { Backend } from './backend.js';
import { pageBytes } from './bolt/page.js';
import { measureDatabase, writeDatabase } from './bolt/write-database.js';
import { snapshotBuckets } from './snapshot-buckets.js';

/**
 * The store as it is now, as a database of etcd without the sum; writes go on meanwhile. Reads everything twice, as
 * the size is told before. Frees what it holds at the end, when the loop over the pieces is left, or when `signal`
 * fires.
 *
 * @param forgottenRevision as `SnapshotDeps` has it
 * @throws `etcd/cancelled`
 */
export async function takeSnapshot(
  backend: Backend,
  forgottenRevision: number,
  signal: AbortSignal,
): Promise<Snapshot> {
  const view = backend.view();
  const close = () => view.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    const buckets = snapshotBuckets({ backend, view, forgottenRevision });
    const layout = await measureDatabase(buckets);
    const pieces = untilClosed(writeDatabase(buckets, layout), signal, close);
    return { sizeBytes: layout.pageCount * pageBytes, pieces };
  } catch (error) {
    close();
    throw signal.aborted ? fail('etcd/cancelled', { reason: 'the snapshot was ended' }) : error;
  }
}

async function* untilClosed(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    if (signal.aborted) return;
    for await (const piece of pieces) {
      yield piece;
      if (signal.aborted) return;
    }
  } catch (error) {
    // The view was closed under it.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** The pieces with the sum behind them: the whole file. */
export async function* snapshotFile(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  for await (const piece of pieces) {
    sum.update(piece);
    yield piece;
  }
  yield sum.digest();
}
