// SPDX-License-Identifier: Apache-2.0

import { textOf } from '../text.js';
import type { V2Event } from './node.js';
import type { WriteEntry } from './record.js';

/** The event of a v2 write, from what was noted of it and from the file's values after and before. */
export function toldEvent(
  entry: WriteEntry,
  index: number,
  value: Uint8Array | undefined,
  prevValue: Uint8Array | undefined,
): V2Event {
  const { action, key, isDirectory, expiresAt, prev, at } = entry;
  const isThere = action !== 'delete' && action !== 'compareAndDelete';
  const node = {
    key,
    isDirectory,
    modifiedIndex: index,
    createdIndex: entry.created ?? index,
    ...(isThere && !isDirectory ? { value: textOf(value ?? new Uint8Array(0)) } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  if (prev === undefined) return { action, node, at };
  const prevNode = {
    key,
    isDirectory: prev.isDirectory,
    modifiedIndex: prev.modified,
    createdIndex: prev.created,
    ...(prev.isDirectory ? {} : { value: textOf(prevValue ?? new Uint8Array(0)) }),
    ...(prev.expiresAt === undefined ? {} : { expiresAt: prev.expiresAt }),
  };
  return { action, node, prevNode, at };
}
