// SPDX-License-Identifier: Apache-2.0

import type { KeyValue } from '../kv.js';
import type { V2Node } from './node.js';
import { findPlace, insideOf, nameOf, parentOf } from './path.js';
import { findNode, type Level, shown, type TreeNode } from './tree.js';

interface Everything {
  readonly files: readonly KeyValue[];
  readonly records: readonly KeyValue[];
}

/**
 * A directory with its children, or with all that is below it. Names that begin with `_` are left out, and what
 * is in them. Children come in byte order of their names, as `sorted=true` asks and no order of etcd's forbids.
 */
export function list(directory: TreeNode, everything: Everything, isRecursive: boolean): V2Node {
  const children = new Map<string, TreeNode[]>();
  for (const node of nodesInside(directory.path, everything)) {
    const parent = parentOf(node.path);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  const expand = (node: TreeNode, isOpen: boolean): V2Node => {
    if (!isOpen || node.kind === 'file') return shown(node);
    const visible = (children.get(node.path) ?? []).filter((one) => !nameOf(one.path).startsWith('_'));
    const nodes = visible.toSorted(byName).map((one) => expand(one, isRecursive));
    return { ...shown(node), nodes };
  };
  return expand(directory, true);
}

/** All nodes below a directory, each once, in no order. */
export function nodesInside(directory: string, { files, records }: Everything): readonly TreeNode[] {
  const levels = new Map<string, Level>();
  const change = (path: string, part: Partial<Level>) => {
    const empty = { path, file: undefined, record: undefined, below: undefined };
    levels.set(path, { ...empty, ...levels.get(path), ...part });
  };
  for (const file of files) {
    const place = findPlace(file.key);
    if (place?.kind !== 'file') continue;
    change(place.path, { file });
    for (let above = parentOf(place.path); above.startsWith(insideOf(directory)); above = parentOf(above)) {
      if (above === '/' || levels.get(above)?.below !== undefined) break;
      change(above, { below: file });
    }
  }
  for (const record of records) {
    const place = findPlace(record.key);
    if (place?.kind === 'record') change(place.path, { record });
  }
  return [...levels.values()].flatMap((level) => findNode(level) ?? []);
}

function byName(a: TreeNode, b: TreeNode): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}
