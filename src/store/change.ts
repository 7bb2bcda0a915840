// SPDX-License-Identifier: Apache-2.0

import type { WatchEvent } from '../etcd/index.js';
import { isDelete, type KeyVersion } from './key-index.js';
import { type Keyspace, keyOnly, loadKeyValue } from './keyspace.js';

/** What one write did to one key. */
export interface Change {
  readonly key: string;
  readonly version: KeyVersion;
  /** What was there before; `undefined` when nothing was, or when it was compacted away. */
  readonly previous: KeyVersion | undefined;
}

/** The change as a watcher sees it; loads values, so it must be on disk or in flight. */
export function eventOf(space: Keyspace, change: Change, hasPrevKv: boolean): WatchEvent {
  const { key, version, previous } = change;
  const kind = isDelete(version) ? 'delete' : 'put';
  const kv = kind === 'delete' ? keyOnly(key, version) : loadKeyValue(space, version);
  if (!hasPrevKv || previous === undefined) return { kind, kv };
  return { kind, kv, prevKv: loadKeyValue(space, previous) };
}
