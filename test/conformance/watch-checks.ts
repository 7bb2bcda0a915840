// SPDX-License-Identifier: Apache-2.0

import type { WatchResponse } from '../../src/etcd/gen/etcdserverpb/watch.js';
import type { KeyValue } from '../../src/etcd/gen/mvccpb/kv.js';
import type { Written } from './watch-load.js';

/** An event as it was seen or has to be: what a line of text can hold, so that differences read well. */
const line = (revision: number, key: string, value: string | undefined, previous: string | undefined) =>
  `${revision} ${key} ${value === undefined ? 'deleted' : `= ${value}`}${previous === undefined ? '' : ` was ${previous}`}`;
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1');

export interface Wanted {
  readonly key: string;
  readonly rangeEnd: string;
  readonly hasPuts: boolean;
  readonly hasDeletes: boolean;
  readonly hasPrevious: boolean;
}

/** What a watch from the start has to see, in order of revisions; within one, sorted. */
export function expectedLines(written: readonly Written[], wanted: Wanted): readonly string[] {
  const now = new Map<string, string>();
  const lines: { readonly revision: number; readonly line: string }[] = [];
  for (const { revision, key, value } of written) {
    const previous = wanted.hasPrevious ? now.get(key) : undefined;
    if (value === undefined) now.delete(key);
    else now.set(key, value);
    const isIn = key >= wanted.key && key < wanted.rangeEnd;
    const isWanted = value === undefined ? wanted.hasDeletes : wanted.hasPuts;
    if (isIn && isWanted) lines.push({ revision, line: line(revision, key, value, previous) });
  }
  return sorted(lines);
}

export function seenLines(messages: readonly WatchResponse[]): readonly string[] {
  const events = messages.flatMap(({ events }) => events);
  return sorted(
    events.map(({ type, kv, prevKv }) => {
      const revision = kv?.modRevision ?? 0;
      const value = type === 1 ? undefined : text(kv?.value);
      return { revision, line: line(revision, text(kv?.key), value, textIn(prevKv)) };
    }),
  );
}

/** Stable in the order it came by revision: an event out of order stays out of order. */
function sorted(lines: readonly { readonly revision: number; readonly line: string }[]): readonly string[] {
  const groups: { revision: number; lines: string[] }[] = [];
  for (const one of lines) {
    const last = groups.at(-1);
    if (last?.revision === one.revision) last.lines.push(one.line);
    else groups.push({ revision: one.revision, lines: [one.line] });
  }
  return groups.flatMap((group) => group.lines.toSorted());
}

function textIn(kv: KeyValue | undefined): string | undefined {
  return kv === undefined ? undefined : text(kv.value);
}

/** Revisions that came in more than one message, or after a later one. */
export function brokenRevisions(messages: readonly WatchResponse[]): readonly number[] {
  const state = { newest: 0, broken: new Set<number>() };
  for (const { events } of messages) {
    const before = state.newest;
    for (const { kv } of events) {
      const revision = kv?.modRevision ?? 0;
      if (revision <= before || revision < state.newest) state.broken.add(revision);
      state.newest = Math.max(state.newest, revision);
    }
  }
  return [...state.broken];
}

/** Answers that named a revision as reached and were followed by an event of it or of an earlier one. */
export function brokenBookmarks(messages: readonly WatchResponse[]): readonly string[] {
  const state = { bookmark: 0, broken: [] as string[], count: 0 };
  for (const { events, header, created } of messages) {
    for (const { kv } of events) {
      const revision = kv?.modRevision ?? 0;
      if (revision <= state.bookmark) state.broken.push(`${revision} after progress ${state.bookmark}`);
    }
    if (events.length === 0 && !created) state.bookmark = Math.max(state.bookmark, header?.revision ?? 0);
  }
  return state.broken;
}
