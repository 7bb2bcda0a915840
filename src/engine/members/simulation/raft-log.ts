// SPDX-License-Identifier: Apache-2.0

import type { StoreMember } from '../../../registry/index.js';

export type Change =
  /** The first of a log: who begins. */
  | { readonly kind: 'found'; readonly members: readonly StoreMember[] }
  /** With it a new leader makes sure of what was there before. */
  | { readonly kind: 'none' }
  | { readonly kind: 'put' }
  | { readonly kind: 'add'; readonly member: StoreMember }
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'change'; readonly id: string; readonly to: Partial<StoreMember> }
  | { readonly kind: 'seal'; readonly isSealed: boolean };

/** One entry and all before it; the same object on every disk that holds it. */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly change: Change;
  readonly before: LogEntry | undefined;
  /** As they are with this entry applied. */
  readonly members: readonly StoreMember[];
  readonly isSealed: boolean;
}

/** The log of a disk on which nothing has arrived yet. */
export const emptyLog: LogEntry = {
  index: 0,
  term: 0,
  change: { kind: 'none' },
  before: undefined,
  members: [],
  isSealed: false,
};

export function append(before: LogEntry, term: number, change: Change): LogEntry {
  return {
    index: before.index + 1,
    term,
    change,
    before,
    members: membersAfter(before.members, change),
    isSealed: change.kind === 'seal' ? change.isSealed : before.isSealed,
  };
}

function membersAfter(members: readonly StoreMember[], change: Change): readonly StoreMember[] {
  switch (change.kind) {
    case 'found':
      return change.members;
    case 'add':
      return [...members, change.member];
    case 'remove':
      return members.filter(({ id }) => id !== change.id);
    case 'change':
      return members.map((member) => (member.id === change.id ? { ...member, ...change.to } : member));
    case 'none':
    case 'put':
    case 'seal':
      return members;
    default:
      return change satisfies never;
  }
}

/** Whether who has `left` refuses its vote to who has `right`. */
export function isNewer(left: LogEntry, right: LogEntry): boolean {
  return left.term === right.term ? left.index > right.index : left.term > right.term;
}

/** The entries of a log, the newest first. */
export function* entriesOf(last: LogEntry): Iterable<LogEntry> {
  for (let entry: LogEntry | undefined = last; entry !== undefined; entry = entry.before) yield entry;
}

export function votersOf({ members }: LogEntry): readonly StoreMember[] {
  return members.filter(({ isLearner }) => !isLearner);
}
