// SPDX-License-Identifier: Apache-2.0

import type { DataPath } from './data-path.js';

/** One change of plain data: another value at `path`, or the key taken out. */
export type DataEdit =
  | { readonly kind: 'replace'; readonly path: DataPath; readonly value: unknown }
  | { readonly kind: 'remove'; readonly path: DataPath };

interface EditTree {
  readonly edits: DataEdit[];
  readonly below: Map<string | number, EditTree>;
}

/** A copy of `data` with all edits done, in one pass; parts without edits are shared. */
export function editData(data: unknown, edits: readonly DataEdit[]): unknown {
  const root: EditTree = { edits: [], below: new Map() };
  for (const edit of edits) {
    let tree = root;
    for (const step of edit.path) {
      const next = tree.below.get(step) ?? { edits: [], below: new Map() };
      tree.below.set(step, next);
      tree = next;
    }
    tree.edits.push(edit);
  }
  return applyTree(data, root);
}

/** The value at `path`; `undefined` when there is none. */
export function valueAt(data: unknown, path: DataPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, step)?.value;
  }, data);
}

function applyTree(data: unknown, tree: EditTree): unknown {
  const own = tree.edits.at(-1);
  if (own?.kind === 'replace') return own.value;
  if (tree.below.size === 0) return data;
  if (Array.isArray(data)) {
    return data.map((item, index) => {
      const below = tree.below.get(index);
      return below === undefined ? item : applyTree(item, below);
    });
  }
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).flatMap(([key, item]) => editEntry(key, item, tree)));
}

function editEntry(key: string, item: unknown, tree: EditTree): readonly [string, unknown][] {
  const below = tree.below.get(key);
  if (below === undefined) return [[key, item]];
  return below.edits.at(-1)?.kind === 'remove' ? [] : [[key, applyTree(item, below)]];
}
