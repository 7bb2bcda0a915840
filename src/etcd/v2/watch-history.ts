// SPDX-License-Identifier: Apache-2.0

import { isMusterError, type Revision } from '../../model/index.js';
import type { Kv } from '../kv.js';
import { keyOf } from '../text.js';
import { type Refusal, refused } from './failure.js';
import { historyLength } from './feed.js';
import { entryKey } from './path.js';

/** Where a watch begins, or why it cannot. */
export type WatchStart =
  | { readonly kind: 'start'; readonly revision: Revision; readonly from: number }
  | { readonly kind: 'refused'; readonly revision: Revision; readonly refusal: Refusal };

/**
 * Finds the index a watch begins at. As in etcd the last 1000 indexes can be asked for, or fewer when the store was
 * compacted since: the previous values of what happened before are gone.
 */
export async function startOfWatch(kv: Kv, waitIndex: number): Promise<WatchStart> {
  const { revision } = await kv.range({ key: keyOf(entryKey), countOnly: true });
  if (waitIndex === 0 || waitIndex > revision)
    return { kind: 'start', revision, from: Math.max(waitIndex, revision + 1) };
  const oldest = Math.max(1, revision - historyLength + 1, await oldestKept(kv, waitIndex));
  if (waitIndex >= oldest) return { kind: 'start', revision, from: waitIndex };
  const cause = `the requested history has been cleared [${oldest}/${waitIndex}]`;
  return { kind: 'refused', revision, refusal: refused(401, cause) };
}

/** The first revision whose previous values are still there, if it is after `index`; else 1. */
async function oldestKept(kv: Kv, index: number): Promise<number> {
  const before = Math.max(1, index - 1);
  try {
    await kv.range({ key: keyOf(entryKey), revision: before, countOnly: true });
    return 1;
  } catch (error) {
    if (!isMusterError(error, 'etcd/compacted')) throw error;
    return (await compactRevision(kv, before)) + 1;
  }
}

/** Only a watch says how far a store is compacted; it must begin before that. */
async function compactRevision(kv: Kv, compacted: number): Promise<number> {
  const ended = new AbortController();
  try {
    for await (const message of kv.watch({ key: keyOf(entryKey), startRevision: compacted }, ended.signal)) {
      if (message.kind === 'compacted') return message.compactRevision;
    }
    return compacted;
  } finally {
    ended.abort();
  }
}
