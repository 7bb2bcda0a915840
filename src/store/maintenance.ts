// SPDX-License-Identifier: Apache-2.0

import { fail, type Maintenance } from '../etcd/index.js';
import { revision } from '../model/index.js';
import type { Alarms } from './alarms.js';
import type { Backend, BackendView } from './backend.js';
import type { Compaction } from './compaction.js';
import type { GroupCommit } from './group-commit.js';
import type { Keyspace } from './keyspace.js';
import { hashOfAll, hashOfRecords } from './store-hash.js';
import { takeSnapshot } from './take-snapshot.js';

export interface MaintenanceDeps {
  readonly backend: Backend;
  readonly space: Keyspace;
  readonly commits: Pick<GroupCommit, 'failure'>;
  readonly compaction: Compaction;
  readonly alarms: Alarms;
  readonly isClosed: () => boolean;
}

/** The care of the database; none of it holds up reads, and only `defragment` holds up writes. */
export function openMaintenance(deps: MaintenanceDeps): Maintenance {
  const { alarms, backend, commits, compaction, space } = deps;
  return {
    async status() {
      refuseWhenClosed(deps);
      const failure = commits.failure();
      return {
        sizeBytes: backend.sizeBytes(),
        inUseBytes: Math.min(backend.inUseBytes(), backend.sizeBytes()),
        appliedIndex: BigInt(space.durable.revision),
        errors: failure === undefined ? [] : [textOf(failure)],
      };
    },
    async hash() {
      refuseWhenClosed(deps);
      const forgottenRevision = compaction.forgottenRevision();
      return withView(backend, (view) => hashOfAll({ backend, view, forgottenRevision }));
    },
    async hashKv(wanted) {
      refuseWhenClosed(deps);
      // The hash must not depend on how far forgetting has come.
      for (let before: number | undefined; before !== space.durable.compactRevision; ) {
        before = space.durable.compactRevision;
        await compaction.forget();
      }
      // Nothing is awaited between that and the view.
      const { revision: newest, compactRevision } = space.durable;
      if (wanted > 0 && wanted < compactRevision) throw fail('etcd/compacted');
      if (wanted > newest) throw fail('etcd/future-revision');
      const at = wanted > 0 ? wanted : newest;
      const span = { compactRevision, revision: at };
      const hash = await withView(backend, (view) => hashOfRecords(backend, view, span));
      return { hash, compactRevision, revision: revision(at) };
    },
    async snapshot(signal) {
      refuseWhenClosed(deps);
      return takeSnapshot(backend, compaction.forgottenRevision(), signal);
    },
    async defragment() {
      refuseWhenClosed(deps);
      await backend.defragment();
    },
    alarms: async () => alarms.list(),
    activateAlarm: (alarm) => alarms.raise(alarm),
    deactivateAlarm: (alarm) => alarms.lower(alarm),
  };
}

async function withView<T>(backend: Backend, use: (view: BackendView) => Promise<T>): Promise<T> {
  const view = backend.view();
  try {
    return await use(view);
  } finally {
    view.close();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refuseWhenClosed({ isClosed }: MaintenanceDeps): void {
  if (isClosed()) throw fail('etcd/stopped');
}
