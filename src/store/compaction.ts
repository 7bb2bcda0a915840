// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../effects/index.js';
import type { Write } from './backend.js';
import type { GroupCommit } from './group-commit.js';
import type { KeyVersion } from './key-index.js';
import type { Keyspace } from './keyspace.js';
import { encodeRecordKey } from './record.js';

export interface CompactionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly space: Keyspace;
  readonly commits: GroupCommit;
}

export interface Compaction {
  /** Forgets everything below the compact revision that is durable now; resolves when the disk has forgotten it. */
  forget(): Promise<void>;
  /** Up to this revision all is forgotten that nobody may read, on the disk as well; -1: nothing yet. */
  forgottenRevision(): number;
  /** Resolves once nothing more will be forgotten; the rest is done after the next start. */
  close(): Promise<void>;
}

const keysAtATime = 1000;
const retryMs = 1000;

/**
 * Forgets in small slices between other work. The compact revision itself was stored before, so readers are
 * refused at once, and a crash in the middle only leaves records that the next start forgets.
 */
export function openCompaction(deps: CompactionDeps): Compaction {
  const stop = new AbortController();
  const state = { last: Promise.resolve(), forgotten: -1 };
  return {
    forget() {
      state.last = state.last.then(async () => {
        const { compactRevision } = deps.space.durable;
        await forgetAll(deps, stop.signal);
        if (!stop.signal.aborted && deps.commits.failure() === undefined) state.forgotten = compactRevision;
      });
      return state.last;
    },
    forgottenRevision: () => state.forgotten,
    close() {
      stop.abort();
      return state.last;
    },
  };
}

async function forgetAll(deps: CompactionDeps, signal: AbortSignal): Promise<void> {
  const { space } = deps;
  const { compactRevision } = space.durable;
  for (let from: string | undefined = ''; from !== undefined && !signal.aborted; ) {
    const slice = space.index.compact(compactRevision, from, keysAtATime);
    await removeRecords(deps, slice.forgotten, signal);
    await space.backend.turn();
    from = slice.next;
  }
}

/** The index has forgotten them already, so a full disk is waited for. */
async function removeRecords(
  deps: CompactionDeps,
  versions: readonly KeyVersion[],
  signal: AbortSignal,
): Promise<void> {
  if (versions.length === 0) return;
  const writes = versions.map((version): Write => {
    return { kind: 'remove', key: encodeRecordKey(version.revision, version.sub) };
  });
  while (!signal.aborted && deps.commits.failure() === undefined) {
    deps.commits.add({ writes, undo: () => {}, settle: () => {} });
    try {
      return await deps.commits.durable();
    } catch (error) {
      deps.log.warn('compaction has to wait', { reason: String(error) });
      await deps.clock.sleep(retryMs, signal);
    }
  }
}
