// SPDX-License-Identifier: Apache-2.0

import { type LeaseId, leaseId } from '../../model/index.js';
import type { KeyValue } from '../kv.js';
import { textOf } from '../text.js';
import { type Refusal, refused } from './failure.js';
import type { V2Node } from './node.js';
import { parentOf } from './path.js';
import { findRecord, type NodeRecord } from './record.js';

/** Everything the store says of one path. */
export interface Level {
  readonly path: string;
  readonly file: KeyValue | undefined;
  readonly record: KeyValue | undefined;
  /** The first v3 key below, in byte order; looked up only where no record says that this is a directory. */
  readonly below: KeyValue | undefined;
}

/** A node of the tree that v3 keys and the view's records together make. */
export interface TreeNode {
  readonly kind: 'file' | 'directory';
  readonly path: string;
  /** Of a file. */
  readonly value: Uint8Array;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  readonly expiresAt?: number;
  /** When its lease ends, if it hangs on one of the view's. */
  readonly endsAt?: number;
  readonly lease: LeaseId;
}

const nothing = new Uint8Array(0);
const noLease = leaseId(0n);

/**
 * What is at a path. A directory is what has a record as such, or keys below it; where a key is both a value and
 * the prefix of others, the directory is seen. Keys that v3 alone wrote have v3's revisions as their indexes.
 */
export function findNode(level: Level): TreeNode | undefined {
  const record = level.record === undefined ? undefined : findRecord(level.record.value);
  if (record?.kind === 'directory' && level.record !== undefined) {
    return { path: level.path, value: nothing, ...partsOf(record, level.record) };
  }
  const { below, file } = level;
  if (below !== undefined) return derivedDirectory(level.path, below);
  if (file === undefined) return undefined;
  if (record?.kind === 'file' && level.record?.modRevision === file.modRevision) {
    return { path: level.path, value: file.value, ...partsOf(record, file) };
  }
  return {
    kind: 'file',
    path: level.path,
    value: file.value,
    createdIndex: file.createRevision,
    modifiedIndex: file.modRevision,
    lease: file.lease,
  };
}

function partsOf(record: NodeRecord, kv: KeyValue) {
  return {
    kind: record.kind,
    createdIndex: record.created ?? kv.modRevision,
    modifiedIndex: record.modified ?? kv.modRevision,
    lease: kv.lease,
    ...(record.expiresAt === undefined ? {} : { expiresAt: record.expiresAt }),
    ...(record.endsAt === undefined ? {} : { endsAt: record.endsAt }),
  };
}

/** A directory that is there because a v3 key lies in it; as old as the first of those. */
function derivedDirectory(path: string, below: KeyValue): TreeNode {
  const { createRevision } = below;
  return {
    kind: 'directory',
    path,
    value: nothing,
    createdIndex: createRevision,
    modifiedIndex: createRevision,
    lease: noLease,
  };
}

/** Whether v2 itself made or used this directory; one that is only derived has no record. */
export function isRecordedDirectory(level: Level): boolean {
  return level.record !== undefined && findRecord(level.record.value)?.kind === 'directory';
}

/** The node at the end of the levels, or what a v2 read of the path is refused with. */
export function walk(levels: readonly Level[]): TreeNode | Refusal {
  const last = levels.at(-1);
  for (const level of levels) {
    const node = findNode(level);
    if (node === undefined) {
      const stands = levels.find((one) => one.path === parentOf(level.path));
      const parent = stands === undefined ? undefined : findNode(stands);
      return parent?.kind === 'file' ? refused(104, parent.path) : refused(100, level.path);
    }
    if (level === last) return node;
  }
  return { kind: 'directory', path: '/', value: nothing, createdIndex: 0, modifiedIndex: 0, lease: noLease };
}

/** As clients are shown it, without children. */
export function shown(node: TreeNode): V2Node {
  const { path, createdIndex, modifiedIndex, expiresAt } = node;
  const isDirectory = node.kind === 'directory';
  return {
    key: path,
    isDirectory,
    createdIndex,
    modifiedIndex,
    ...(isDirectory ? {} : { value: textOf(node.value) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
