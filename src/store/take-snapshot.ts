// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Snapshot } from '../etcd/index.js';
import type { Backend, BackendView } from './backend.js';
import { compactKey } from './keyspace.js';
import { decodeNumber, decodeRecordKey, recordPrefix } from './record.js';
import { encodeEntries, encodeHead, entrySize, headBytes, paddingBytes } from './snapshot-format.js';
import { type Entry, slicesOf } from './view-slices.js';

/**
 * The store as it is now, in the format of `snapshot-format.ts` without the sum; writes go on meanwhile. Reads
 * everything twice, as the size is told before. Frees what it holds at the end, when the loop over the pieces is
 * left, or when `signal` fires.
 */
export async function takeSnapshot(backend: Backend, signal: AbortSignal): Promise<Snapshot> {
  const view = backend.view();
  const close = () => view.close();
  signal.addEventListener('abort', close, { once: true });
  const counted = { revision: 1, entryCount: 0, entryBytes: 0 };
  try {
    for await (const slice of slicesOf(backend, view)) {
      if (signal.aborted) break;
      for (const entry of slice) count(counted, entry);
    }
  } catch (error) {
    close();
    if (!signal.aborted) throw error;
  }
  const usedBytes = headBytes + counted.entryBytes;
  const padding = paddingBytes(usedBytes);
  const pieces = piecesOf(backend, view, signal, encodeHead(counted), padding);
  return { sizeBytes: usedBytes + padding, pieces };
}

interface Counted {
  revision: number;
  entryCount: number;
  entryBytes: number;
}

/** The revision is the view's own: a commit may be in it that nobody was told of yet. */
function count(counted: Counted, entry: Entry): void {
  counted.entryCount += 1;
  counted.entryBytes += entrySize(entry);
  if (entry.key[0] === recordPrefix) counted.revision = decodeRecordKey(entry.key).revision;
  else if (Buffer.compare(entry.key, compactKey) === 0) counted.revision = decodeNumber(entry.value);
}

async function* piecesOf(
  backend: Backend,
  view: BackendView,
  signal: AbortSignal,
  head: Uint8Array,
  padding: number,
): AsyncGenerator<Uint8Array> {
  try {
    if (signal.aborted) return;
    yield head;
    for await (const slice of slicesOf(backend, view)) {
      if (signal.aborted) return;
      yield encodeEntries(slice);
      if (signal.aborted) return;
    }
    if (padding > 0) yield new Uint8Array(padding);
  } catch (error) {
    // The view was closed under it.
    if (!signal.aborted) throw error;
  } finally {
    view.close();
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
