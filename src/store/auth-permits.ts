// SPDX-License-Identifier: Apache-2.0

import type { KeyRange } from '../etcd/index.js';
import type { AuthState } from './auth-state.js';
import { type Span, spanOf } from './key.js';

/** What the roles of one user permit. */
export interface Permits {
  canRead(range: KeyRange): boolean;
  canWrite(range: KeyRange): boolean;
}

/** Ranges that touch count as one, as in etcd (server/auth/range_perm_cache.go, 3.5). */
export function permitsOf(state: AuthState, userName: string): Permits {
  const permissions = (state.users.get(userName)?.roles ?? []).flatMap((role) => state.roles.get(role) ?? []);
  const readable = union(permissions.filter(({ kind }) => kind !== 'write').map(spanOf));
  const writable = union(permissions.filter(({ kind }) => kind !== 'read').map(spanOf));
  return {
    canRead: (range) => isWithin(readable, spanOf(range)),
    canWrite: (range) => isWithin(writable, spanOf(range)),
  };
}

/** Disjoint, in order. */
function union(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || isBelow(last.to, span.from)) merged.push(span);
    else merged[merged.length - 1] = { from: last.from, to: higher(last.to, span.to), isPoint: false };
  }
  return merged;
}

function isWithin(spans: readonly Span[], span: Span): boolean {
  return spans.some(
    ({ from, to }) => from <= span.from && (to === undefined || (span.to !== undefined && span.to <= to)),
  );
}

/** Ends are undefined for "to the end". */
function isBelow(end: string | undefined, from: string): boolean {
  return end !== undefined && end < from;
}

function higher(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}
