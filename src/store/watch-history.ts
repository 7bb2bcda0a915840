// SPDX-License-Identifier: Apache-2.0

import type { Change } from './change.js';
import { keyText, type Span, spanHas } from './key.js';
import type { KeyVersion } from './key-index.js';
import type { Keyspace } from './keyspace.js';
import { decodeRecord, decodeRecordKey, encodeRecordKey } from './record.js';

export interface History {
  /** In order; all changes of a revision or none. */
  readonly changes: readonly Change[];
  /** Everything up to and with this revision was looked at. */
  readonly through: number;
}

/**
 * The durable changes of a span from revision `from` on, at most about `limit` of them, and looking at no more
 * than ten times as many, so that one long history does not hold up everybody else.
 */
export function readHistory(space: Keyspace, span: Span, from: number, limit: number): History {
  // A watch may start below the first revision there is.
  const first = Math.max(1, from);
  return span.isPoint ? ofKey(space, span.from, first, limit) : ofSpan(space, span, first, limit);
}

/** The index knows the history of one key; its neighbours need not be read. */
function ofKey(space: Keyspace, key: string, from: number, limit: number): History {
  const newest = space.durable.revision;
  const versions = space.index.since(key, from).filter((version) => version.revision <= newest);
  const cut = versions[limit];
  const kept = cut === undefined ? versions : versions.filter((version) => version.revision < cut.revision);
  // A revision with more writes of this key than the limit is taken whole.
  if (kept.length === 0 && cut !== undefined) {
    return historyOf(
      space,
      key,
      versions.filter((one) => one.revision === cut.revision),
      cut.revision,
    );
  }
  return historyOf(space, key, kept, cut === undefined ? newest : cut.revision - 1);
}

function historyOf(space: Keyspace, key: string, versions: readonly KeyVersion[], through: number): History {
  const changes = versions.map((version) => ({ key, version, previous: space.index.before(key, version) }));
  return { changes, through };
}

function ofSpan(space: Keyspace, span: Span, from: number, limit: number): History {
  const newest = space.durable.revision;
  const changes: Change[] = [];
  const progress = { seen: 0, last: from, through: newest };
  const end = encodeRecordKey(newest + 1, 0);
  space.backend.scan(encodeRecordKey(from, 0), end, (recordKey, value) => {
    const { revision, sub } = decodeRecordKey(recordKey);
    const isFull = changes.length >= limit || progress.seen >= limit * 10;
    if (isFull && revision !== progress.last) {
      progress.through = revision - 1;
      return false;
    }
    progress.last = revision;
    progress.seen += 1;
    const key = keyText(decodeRecord(value).key);
    if (spanHas(span, key)) addChange(space, changes, key, revision, sub);
    return true;
  });
  return { changes, through: progress.through };
}

/** A record that the index no longer holds is being compacted away right now. */
function addChange(space: Keyspace, changes: Change[], key: string, revision: number, sub: number): void {
  const version = space.index
    .since(key, revision)
    .find((one) => one.revision === revision && one.sub === sub);
  if (version === undefined) return;
  changes.push({ key, version, previous: space.index.before(key, version) });
}
