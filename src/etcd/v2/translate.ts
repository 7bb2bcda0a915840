// SPDX-License-Identifier: Apache-2.0

import type { LeaseId } from '../../model/index.js';
import type { KeyValue, WatchEvent } from '../kv.js';
import type { V2Event, V2Node } from './node.js';
import { findPlace, isHiddenFrom, isInside } from './path.js';
import { findEntry } from './record.js';
import { toldEvent } from './told-event.js';
import { findNode, type Level, shown } from './tree.js';

/** What a revision's v3 events say of one path. */
interface Touched {
  readonly path: string;
  readonly file: WatchEvent | undefined;
  readonly record: WatchEvent | undefined;
}

/**
 * The v2 events of one revision. A v2 write tells what it did itself. All else is v3's: a put is `set`, a delete
 * `delete`, and what went with its lease `expire`, a whole directory as one.
 *
 * @param events all of the revision, with previous values
 * @param isGone whether a lease has ended; asked of those of deleted keys only
 * @param now for what the store keeps no time of, milliseconds since 1970
 */
export function translate(
  index: number,
  events: readonly WatchEvent[],
  isGone: (lease: LeaseId) => boolean,
  now: number,
): readonly V2Event[] {
  const touched = byPath(events);
  const entry = entryOf(events);
  if (entry !== undefined) {
    const file = touched.get(entry.key)?.file;
    if (entry.isQuiet) return [];
    return [toldEvent(entry, index, file?.kind === 'put' ? file.kv.value : undefined, file?.prevKv?.value)];
  }
  const all = [...touched.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const ended = all.filter(({ record }) => record?.kind === 'delete');
  const tops = ended.filter(({ path }) => !ended.some((other) => isInside(path, other.path)));
  const expired = tops.flatMap((one) => expiry(one, index, now));
  const rest = all.filter(({ path }) => !tops.some((top) => path === top.path || isInside(path, top.path)));
  return [
    ...expired,
    ...rest.flatMap(({ file }) => (file === undefined ? [] : native(file, index, isGone, now))),
  ];
}

/** Leases whose end decides what a delete is called. */
export function leasesInQuestion(events: readonly WatchEvent[]): readonly LeaseId[] {
  const leases = events.flatMap(({ kind, prevKv }) =>
    kind === 'delete' && prevKv !== undefined && prevKv.lease !== 0n ? [prevKv.lease] : [],
  );
  return [...new Set(leases)];
}

function entryOf(events: readonly WatchEvent[]) {
  const put = events.find(({ kind, kv }) => kind === 'put' && findPlace(kv.key)?.kind === 'entry');
  return put === undefined ? undefined : findEntry(put.kv.value);
}

function byPath(events: readonly WatchEvent[]): ReadonlyMap<string, Touched> {
  const touched = new Map<string, Touched>();
  for (const event of events) {
    const place = findPlace(event.kv.key);
    if (place === undefined || place.kind === 'entry') continue;
    const { path } = place;
    const known = touched.get(path) ?? { path, file: undefined, record: undefined };
    touched.set(path, { ...known, [place.kind]: event });
  }
  return touched;
}

function expiry({ path, file, record }: Touched, index: number, now: number): readonly V2Event[] {
  const level: Level = { path, file: file?.prevKv, record: record?.prevKv, below: undefined };
  const node = findNode(level);
  if (node === undefined) return [];
  const isDirectory = node.kind === 'directory';
  const bare: V2Node = { key: path, isDirectory, modifiedIndex: index, createdIndex: node.createdIndex };
  // No seconds are left, even where the lease ended a moment early.
  const at = Math.max(now, node.expiresAt ?? 0);
  return [{ action: 'expire', node: bare, prevNode: shown(node), at }];
}

function native(
  { kind, kv, prevKv }: WatchEvent,
  index: number,
  isGone: (lease: LeaseId) => boolean,
  at: number,
): readonly V2Event[] {
  const prevNode = prevKv === undefined ? {} : { prevNode: fileNode(prevKv) };
  if (kind === 'put') return [{ action: 'set', node: fileNode(kv), ...prevNode, at }];
  const { key } = fileNode(kv);
  const createdIndex = prevKv?.createRevision ?? 0;
  const node: V2Node = { key, isDirectory: false, modifiedIndex: index, createdIndex };
  const hasEnded = prevKv !== undefined && prevKv.lease !== 0n && isGone(prevKv.lease);
  return [{ action: hasEnded ? 'expire' : 'delete', node, ...prevNode, at }];
}

function fileNode(kv: KeyValue): V2Node {
  const place = findPlace(kv.key);
  const path = place?.kind === 'file' ? place.path : '/';
  const node = findNode({ path, file: kv, record: undefined, below: undefined });
  if (node === undefined) throw new Error('a file is a node');
  return shown(node);
}

/** Whether a watcher at a path is told: hidden names below it are none of its business. */
export function isTold(event: V2Event, path: string, isRecursive: boolean): boolean {
  const { key } = event.node;
  if (key === path) return true;
  const isGone = event.action === 'delete' || event.action === 'expire';
  if (isGone && event.prevNode?.isDirectory === true && isInside(path, key)) return true;
  return isRecursive && isInside(key, path) && !isHiddenFrom(path, key);
}
