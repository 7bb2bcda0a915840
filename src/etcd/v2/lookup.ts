// SPDX-License-Identifier: Apache-2.0

import type { Revision } from '../../model/index.js';
import type { KeyRange, KeyValue, Kv, Op, RangeRequest } from '../kv.js';
import { keyOf } from '../text.js';
import { entryKey, fileKey, filesInside, pathsDownTo, recordKey, recordsInside } from './path.js';
import { findRecord } from './record.js';
import { findNode, type Level } from './tree.js';

/** What the store holds of a path and of everything above it, all at one revision. */
export interface Seen {
  readonly revision: Revision;
  /** From the first name down to the path itself; none for the root. */
  readonly levels: readonly Level[];
  /** Of the last v2 write, 0 for none. */
  readonly entryRevision: number;
}

/** Reads of one txn; etcd takes 128. */
const readsAtOnce = 120;

/** Cost: one txn of single keys; a second one only below what no record calls a directory. */
export async function lookUp(kv: Kv, path: string): Promise<Seen> {
  const paths = pathsDownTo(path);
  const points = [keyOf(entryKey), ...paths.flatMap((one) => [fileKey(one), recordKey(one)])];
  const { revision, kvs } = await readAll(
    kv,
    points.map((key) => ({ key })),
  );
  const firsts = kvs.map((found) => found[0]);
  const flat = paths.map((one, n) => ({
    path: one,
    file: firsts[1 + 2 * n],
    record: firsts[2 + 2 * n],
    below: undefined,
  }));
  const open = flat.filter((level) => findNode(level)?.kind !== 'directory');
  const ranges = open.map((level) => ({ ...filesInside(level.path), limit: 1, keysOnly: true, revision }));
  const below = open.length === 0 ? [] : (await readAll(kv, ranges)).kvs;
  const levels = flat.map((level): Level => ({ ...level, below: below[open.indexOf(level)]?.[0] }));
  return { revision, levels, entryRevision: firsts[0]?.modRevision ?? 0 };
}

/** Everything below a directory at a revision: files and records. */
export async function lookInside(
  kv: Kv,
  directory: string,
  revision: Revision,
): Promise<{ readonly files: readonly KeyValue[]; readonly records: readonly KeyValue[] }> {
  const ranges: readonly KeyRange[] = [filesInside(directory), recordsInside(directory)];
  const { kvs } = await readAll(
    kv,
    ranges.map((range) => ({ ...range, revision })),
  );
  return { files: kvs[0] ?? [], records: kvs[1] ?? [] };
}

/** Whether anything is in a directory. A record of a file that v3 deleted since is nothing. */
export async function hasChildren(kv: Kv, directory: string, revision: Revision): Promise<boolean> {
  const files = await readAll(kv, [{ ...filesInside(directory), limit: 1, keysOnly: true, revision }]);
  if (files.kvs[0]?.length !== 0) return true;
  const { records } = await lookInside(kv, directory, revision);
  return records.some(({ value }) => findRecord(value)?.kind === 'directory');
}

/** The answers to many reads, at the revision of the first. */
async function readAll(
  kv: Kv,
  requests: readonly RangeRequest[],
): Promise<{ readonly revision: Revision; readonly kvs: readonly (readonly KeyValue[])[] }> {
  const first = await readSome(kv, requests.slice(0, readsAtOnce));
  const kvs = [...first.kvs];
  for (let from = readsAtOnce; from < requests.length; from += readsAtOnce) {
    const pinned = requests
      .slice(from, from + readsAtOnce)
      .map((request) => ({ ...request, revision: first.revision }));
    kvs.push(...(await readSome(kv, pinned)).kvs);
  }
  return { revision: first.revision, kvs };
}

async function readSome(kv: Kv, requests: readonly RangeRequest[]) {
  const success = requests.map((request): Op => ({ kind: 'range', request }));
  const { revision, responses } = await kv.txn({ compare: [], success, failure: [] });
  return { revision, kvs: responses.map((one) => (one.kind === 'range' ? one.response.kvs : [])) };
}
