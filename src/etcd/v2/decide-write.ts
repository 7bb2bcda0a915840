// SPDX-License-Identifier: Apache-2.0

import { keyOf, textOf } from '../text.js';
import { type Refusal, refused } from './failure.js';
import type { KeyRequest } from './key-request.js';
import type { WriteAction } from './record.js';
import { type Level, type TreeNode, walk } from './tree.js';

/** What a v2 write does to the tree. */
export type Change =
  | {
      readonly kind: 'write';
      readonly action: WriteAction;
      readonly path: string;
      readonly isDirectory: boolean;
      readonly value: Uint8Array;
      /** Left out: that of the write itself. */
      readonly createdIndex?: number;
      readonly prev?: TreeNode;
      readonly isRefresh: boolean;
    }
  | {
      readonly kind: 'remove';
      readonly action: WriteAction;
      readonly path: string;
      readonly node: TreeNode;
      /** Must be empty, and stay so until the write. */
      readonly isEmptyOnly: boolean;
    };

/** What the decision looks at. */
export interface Scene {
  readonly levels: readonly Level[];
  /** Whether anything lies in the node, be it hidden. */
  readonly hasChildren: boolean;
}

/** Decides a PUT, as etcd orders its rules (3.4, etcdserver/api/v2store/store.go and apply_v2.go). */
export function decidePut(request: KeyRequest, scene: Scene): Change | Refusal {
  const { prevExist } = request;
  const isCompared = request.prevIndex > 0 || request.prevValue !== '';
  if (request.path === '/') return refused(107, '/');
  if (prevExist === false) return decideCreate(request, scene);
  if (isCompared) return decideSwap(request, scene);
  return prevExist === true ? decideUpdate(request, scene) : decideSet(request, scene);
}

/** PUT with `prevExist=false`, and POST, whose path ends in the name that was chosen for it. */
export function decideCreate(request: KeyRequest, { levels }: Scene): Change | Refusal {
  const found = walk(levels);
  if (found.kind !== 'refused') return refused(105, request.path);
  return found.code === 104 ? found : written(request, 'create');
}

function decideSet(request: KeyRequest, { levels }: Scene): Change | Refusal {
  const found = walk(levels);
  if (found.kind !== 'refused') {
    if (found.kind === 'directory') return refused(102, request.path);
    return { ...written(request, 'set', found), prev: found };
  }
  return found.code === 104 || request.isRefresh ? found : written(request, 'set');
}

function decideSwap(request: KeyRequest, { levels }: Scene): Change | Refusal {
  const found = walk(levels);
  if (found.kind === 'refused') return found;
  if (found.kind === 'directory') return refused(102, request.path);
  const cause = differences(request, found);
  if (cause !== '') return refused(101, cause);
  const swapped = written({ ...request, isDirectory: false }, 'compareAndSwap', found);
  return { ...swapped, prev: found, createdIndex: found.createdIndex };
}

function decideUpdate(request: KeyRequest, { levels }: Scene): Change | Refusal {
  const found = walk(levels);
  if (found.kind === 'refused') return found;
  const isDirectory = found.kind === 'directory';
  if (isDirectory && request.value !== '') return refused(102, request.path);
  const updated = written({ ...request, isDirectory }, 'update', found);
  return { ...updated, prev: found, createdIndex: found.createdIndex };
}

export function decideDelete(request: KeyRequest, { levels, hasChildren }: Scene): Change | Refusal {
  const isCompared = request.prevIndex > 0 || request.prevValue !== '';
  if (request.path === '/') return isCompared ? refused(102, '') : refused(107, '/');
  const found = walk(levels);
  if (found.kind === 'refused') return found;
  const remove = { kind: 'remove', path: request.path, node: found } as const;
  if (isCompared) {
    if (found.kind === 'directory') return refused(102, request.path);
    const cause = differences(request, found);
    return cause === '' ? { ...remove, action: 'compareAndDelete', isEmptyOnly: false } : refused(101, cause);
  }
  const isEmptyOnly = found.kind === 'directory' && !request.isRecursive;
  if (isEmptyOnly && !request.isDirectory) return refused(102, request.path);
  if (isEmptyOnly && hasChildren) return refused(108, request.path);
  return { ...remove, action: 'delete', isEmptyOnly };
}

function written(request: KeyRequest, action: WriteAction, old?: TreeNode): Change & { kind: 'write' } {
  const { path, isDirectory, isRefresh } = request;
  const value = isRefresh && old !== undefined ? old.value : keyOf(isDirectory ? '' : request.value);
  return { kind: 'write', action, path, isDirectory, value, isRefresh };
}

/** The parts of a comparison that fail; empty when it holds. */
function differences({ prevValue, prevIndex }: KeyRequest, node: TreeNode): string {
  const value = textOf(node.value);
  const parts = [
    prevValue === '' || prevValue === value ? '' : `[${prevValue} != ${value}]`,
    prevIndex === 0 || prevIndex === node.modifiedIndex ? '' : `[${prevIndex} != ${node.modifiedIndex}]`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** The path of an in-order key: its name is the index of its write, in 20 digits. */
export function inOrderPath(directory: string, index: number): string {
  return `${directory === '/' ? '' : directory}/${String(index).padStart(20, '0')}`;
}
