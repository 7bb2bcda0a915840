// SPDX-License-Identifier: Apache-2.0

import type { Write } from '../backend.js';
import { keyBytes, keyText } from '../key.js';
import { sortedMap } from '../sorted-map.js';

/** The newest write of a key that the tree does not have yet. */
export interface PendingEntry {
  /** `undefined`: removed. */
  readonly value: Uint8Array | undefined;
  /** Of its group. */
  readonly number: number;
}

/** Groups that the tree is given in one commit. */
export interface Batch {
  readonly writes: readonly Write[];
  /** The number of the last group, and where the next frame begins. */
  readonly number: number;
  readonly end: number;
}

export interface Group {
  readonly writes: readonly Write[];
  readonly number: number;
  readonly end: number;
}

type Visit = (key: Uint8Array, value: Uint8Array) => boolean;

/** What is in the log and not in the tree: in the order of writing for the tree, and by key for readers. */
export interface Pending extends PendingEntries {
  /** What it takes in memory, about. */
  sizeBytes(): number;
  add(group: Group): void;
  /** The oldest groups, as many as have `limitBytes`, at least one; `undefined` when there is none. */
  oldest(limitBytes: number): Batch | undefined;
  /** The tree has all groups up to this one. */
  drop(number: number): void;
  /** As it is now, at the cost of a copy. */
  copy(): PendingEntries;
}

export interface PendingEntries {
  find(key: Uint8Array): PendingEntry | undefined;
  each(visit: (key: Uint8Array, entry: PendingEntry) => void): void;
  /** Visits what `under` has together with what is here, which hides what is there. */
  scanOver(
    under: (from: Uint8Array, to: Uint8Array, visit: Visit) => void,
    from: Uint8Array,
    to: Uint8Array,
    visit: Visit,
  ): void;
}

// Beyond key and value: what an entry costs in memory, about.
const entryBytes = 150;

export function pendingGroups(): Pending {
  const entries = sortedMap<PendingEntry>();
  const groups: Group[] = [];
  const size = { bytes: 0 };
  return {
    ...readerOf(entries),
    sizeBytes: () => size.bytes,
    add(group) {
      groups.push(group);
      for (const write of group.writes) {
        const value = write.kind === 'put' ? write.value : undefined;
        entries.set(keyText(write.key), { value, number: group.number });
        size.bytes += sizeOf(write);
      }
    },
    oldest: (limitBytes) => batchOf(groups, limitBytes),
    drop(number) {
      const left = groups.findIndex((group) => group.number > number);
      for (const { writes } of groups.splice(0, left < 0 ? groups.length : left)) {
        for (const write of writes) {
          size.bytes -= sizeOf(write);
          const key = keyText(write.key);
          const entry = entries.get(key);
          if (entry !== undefined && entry.number <= number) entries.delete(key);
        }
      }
    },
    copy() {
      const copied = new Map<string, PendingEntry>();
      entries.scan('', undefined, (key, entry) => {
        copied.set(key, entry);
        return true;
      });
      return readerOf(sortedMap(copied));
    },
  };
}

function batchOf(groups: readonly Group[], limitBytes: number): Batch | undefined {
  const writes: Write[] = [];
  const taken: { bytes: number; last: Group | undefined } = { bytes: 0, last: undefined };
  for (const group of groups) {
    if (taken.bytes >= limitBytes) break;
    for (const write of group.writes) {
      writes.push(write);
      taken.bytes += sizeOf(write);
    }
    taken.last = group;
  }
  return taken.last === undefined ? undefined : { writes, number: taken.last.number, end: taken.last.end };
}

function sizeOf(write: Write): number {
  return entryBytes + write.key.length + (write.kind === 'put' ? write.value.length : 0);
}

type Entries = ReturnType<typeof sortedMap<PendingEntry>>;

function readerOf(entries: Entries): PendingEntries {
  return {
    find: (key) => (entries.size() === 0 ? undefined : entries.get(keyText(key))),
    each: (visit) =>
      entries.scan('', undefined, (key, entry) => {
        visit(keyBytes(key), entry);
        return true;
      }),
    scanOver: (under, from, to, visit) => scanBoth(entries, under, { from, to }, visit),
  };
}

interface Span {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

function scanBoth(
  entries: Entries,
  under: (from: Uint8Array, to: Uint8Array, visit: Visit) => void,
  { from, to }: Span,
  visit: Visit,
): void {
  const end = keyText(to);
  const progress = { next: firstFrom(entries, keyText(from), end), isOver: false };
  /** Gives entries below `before`; false when the visitor has enough. */
  const giveBelow = (before: string): boolean => {
    for (let { next } = progress; next !== undefined && next.key < before; { next } = progress) {
      progress.next = firstFrom(entries, `${next.key}\0`, end);
      if (next.entry.value !== undefined && !visit(keyBytes(next.key), next.entry.value)) return false;
    }
    return true;
  };
  under(from, to, (key, value) => {
    const name = keyText(key);
    const goesOn = giveBelow(name) && (progress.next?.key === name || visit(key, value));
    progress.isOver = !goesOn;
    return goesOn;
  });
  if (!progress.isOver) giveBelow(end);
}

function firstFrom(entries: Entries, from: string, to: string) {
  const found: { first: { readonly key: string; readonly entry: PendingEntry } | undefined } = {
    first: undefined,
  };
  entries.scan(from, to, (key, entry) => {
    found.first = { key, entry };
    return false;
  });
  return found.first;
}
