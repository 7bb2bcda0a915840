// SPDX-License-Identifier: Apache-2.0

import type { Compare, Op } from '../kv.js';
import { fileKey, findPlace, parentOf, recordKey } from './path.js';
import { encodeRecord } from './record.js';
import type { TreeNode } from './tree.js';
import { type Life, put } from './write-plan.js';

/** The life of a node once it has moved; `ownerPath` says whose lease is still to be granted. */
export type Target =
  | { readonly kind: 'life'; readonly life: Life }
  | { readonly kind: 'grant'; readonly ownerPath: string; readonly endsAt: number };

/** A node that must change its lease because a directory above changed its end. */
export interface Move {
  readonly node: TreeNode;
  readonly to: Target;
}

/**
 * Who must move when a directory gets another life: all that ended with it, and all that would outlive it. Keys
 * on leases of v3 clients keep those. What is moved already does not move again, so the work may be done in parts.
 */
export function planMoves(directory: string, life: Life, nodes: readonly TreeNode[]): readonly Move[] {
  const targets = new Map<string, Target>([[directory, { kind: 'life', life }]]);
  return nodes
    .toSorted((a, b) => a.path.length - b.path.length)
    .flatMap((node): readonly Move[] => {
      const to = targetOf(node, targets.get(parentOf(node.path)) ?? { kind: 'life', life });
      targets.set(node.path, to ?? { kind: 'life', life: lifeOf(node) });
      return to === undefined ? [] : [{ node, to }];
    });
}

/** `undefined`: it stays. */
function targetOf({ path, expiresAt, endsAt, lease }: TreeNode, above: Target): Target | undefined {
  if (lease !== 0n && endsAt === undefined) return undefined;
  const aboveEndsAt = above.kind === 'life' ? above.life.endsAt : above.endsAt;
  if (expiresAt !== undefined && (aboveEndsAt === undefined || expiresAt < aboveEndsAt)) {
    return endsAt === expiresAt ? undefined : { kind: 'grant', ownerPath: path, endsAt: expiresAt };
  }
  return above.kind === 'life' && lease === above.life.lease ? undefined : above;
}

function lifeOf(node: TreeNode): Life {
  return node.endsAt === undefined ? { lease: node.lease } : { lease: node.lease, endsAt: node.endsAt };
}

/** Puts a node as it is, on another lease: its indexes stay, v3 sees a put of the same value. */
export function moveOps(node: TreeNode, life: Life): readonly Op[] {
  const { kind, createdIndex, modifiedIndex, expiresAt, path } = node;
  const record = encodeRecord({
    kind,
    created: createdIndex,
    modified: modifiedIndex,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(life.endsAt === undefined ? {} : { endsAt: life.endsAt }),
  });
  const file = kind === 'file' ? [put(fileKey(path), node.value, life.lease)] : [];
  return [...file, put(recordKey(path), record, life.lease)];
}

/** That nothing was written to these keys since they were read. */
export function moveGuards(ops: readonly Op[], revision: number): readonly Compare[] {
  return ops.flatMap((op): readonly Compare[] => {
    if (op.kind !== 'put' || findPlace(op.request.key) === undefined) return [];
    return [{ key: op.request.key, target: 'mod', result: 'less', number: revision + 1 }];
  });
}
