// SPDX-License-Identifier: Apache-2.0

import { type LeaseId, leaseId } from '../../model/index.js';
import type { Compare, Op } from '../kv.js';
import { keyOf } from '../text.js';
import type { Change } from './decide-write.js';
import type { Seen } from './lookup.js';
import { entryKey, fileKey, filesInside, recordKey, recordsInside } from './path.js';
import { encodeEntry, encodeRecord, type NodeRecord, type WriteEntry } from './record.js';
import { findNode, isRecordedDirectory } from './tree.js';

/** How long a node lives: its own TTL, and the lease that ends it or a directory above, whichever is first. */
export interface Life {
  readonly lease: LeaseId;
  readonly expiresAt?: number;
  readonly endsAt?: number;
}

export const noLife: Life = { lease: leaseId(0n) };

/** What a node in a directory that ends has of it. */
export function inheritedLife({ levels }: Seen): Life {
  for (const level of levels.slice(0, -1).toReversed()) {
    const node = isRecordedDirectory(level) ? findNode(level) : undefined;
    if (node === undefined) continue;
    return { lease: node.lease, ...(node.endsAt === undefined ? {} : { endsAt: node.endsAt }) };
  }
  return noLife;
}

/** True of the store as it was seen: nobody wrote what the decision rests on. */
export function guards({ levels, revision }: Seen, change: Change): readonly Compare[] {
  const untouched = (key: Uint8Array, number: number): Compare => ({
    key,
    target: 'mod',
    result: 'equal',
    number,
  });
  const records = levels.map(({ path, record }) => untouched(recordKey(path), record?.modRevision ?? 0));
  const last = levels.at(-1);
  const file = last === undefined ? [] : [untouched(fileKey(last.path), last.file?.modRevision ?? 0)];
  return [...records, ...file, ...emptiness(change, revision)];
}

/** A file must have nothing below, and so must a directory that goes only when it is empty. */
function emptiness(change: Change, revision: number): readonly Compare[] {
  const noFiles: Compare = { ...filesInside(change.path), target: 'create', result: 'equal', number: 0 };
  if (change.kind === 'write') return change.isDirectory ? [] : [noFiles];
  if (change.node.kind === 'file') return [noFiles];
  if (!change.isEmptyOnly) return [];
  const noNewRecords: Compare = {
    ...recordsInside(change.path),
    target: 'mod',
    result: 'less',
    number: revision + 1,
  };
  return [noFiles, noNewRecords];
}

/** The operations of one v2 write; the last tells watchers. */
export function operations(seen: Seen, change: Change, life: Life, at: number): readonly Op[] {
  const ops = change.kind === 'write' ? writeOps(seen, change, life) : removeOps(change);
  return [...ops, put(keyOf(entryKey), encodeEntry(entryOf(change, life, at)))];
}

function writeOps(seen: Seen, change: Change & { kind: 'write' }, life: Life): readonly Op[] {
  const { path, isDirectory, value, prev } = change;
  // A directory's modified index is not that of its update; etcd forgets to write it down.
  const modified = isDirectory && prev?.kind === 'directory' ? { modified: prev.modifiedIndex } : {};
  const record: NodeRecord = {
    kind: isDirectory ? 'directory' : 'file',
    ...(change.createdIndex === undefined ? {} : { created: change.createdIndex }),
    ...modified,
    ...(life.expiresAt === undefined ? {} : { expiresAt: life.expiresAt }),
    ...(life.endsAt === undefined ? {} : { endsAt: life.endsAt }),
  };
  const file: readonly Op[] = isDirectory
    ? prev?.kind === 'file'
      ? [remove({ key: fileKey(path) })]
      : []
    : [put(fileKey(path), value, life.lease)];
  return [...parentOps(seen), ...file, put(recordKey(path), encodeRecord(record), life.lease)];
}

/** Directories on the way that have no record get one: what v2 wrote into stays when it is empty again. */
function parentOps(seen: Seen): readonly Op[] {
  const { lease, endsAt } = inheritedLife(seen);
  return seen.levels.slice(0, -1).flatMap((level) => {
    if (isRecordedDirectory(level)) return [];
    const node = findNode(level);
    const known = node === undefined ? {} : { created: node.createdIndex, modified: node.modifiedIndex };
    const ends = endsAt === undefined ? {} : { endsAt };
    return [put(recordKey(level.path), encodeRecord({ kind: 'directory', ...known, ...ends }), lease)];
  });
}

function removeOps({ path, node }: Change & { kind: 'remove' }): readonly Op[] {
  const self = [remove({ key: fileKey(path) }), remove({ key: recordKey(path) })];
  if (node.kind === 'file') return self;
  return [...self, remove(filesInside(path)), remove(recordsInside(path))];
}

export function entryOf(change: Change, life: Life, at: number): WriteEntry {
  const prev = change.kind === 'write' ? change.prev : change.node;
  const isDirectory = change.kind === 'write' ? change.isDirectory : change.node.kind === 'directory';
  const created = change.kind === 'write' ? change.createdIndex : change.node.createdIndex;
  const ends = change.kind === 'write' ? life.expiresAt : undefined;
  return {
    action: change.action,
    key: change.path,
    isDirectory,
    at,
    isQuiet: change.kind === 'write' && change.isRefresh,
    ...(created === undefined ? {} : { created }),
    ...(ends === undefined ? {} : { expiresAt: ends }),
    ...(prev === undefined
      ? {}
      : {
          prev: {
            isDirectory: prev.kind === 'directory',
            created: prev.createdIndex,
            modified: prev.modifiedIndex,
            ...(prev.expiresAt === undefined ? {} : { expiresAt: prev.expiresAt }),
          },
        }),
  };
}

export function put(key: Uint8Array, value: Uint8Array, lease: LeaseId = noLife.lease): Op {
  return { kind: 'put', request: { key, value, lease } };
}

function remove(request: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array }): Op {
  return { kind: 'delete-range', request };
}
