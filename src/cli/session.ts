// SPDX-License-Identifier: Apache-2.0

import { realClock, silentLog } from '../effects/index.js';
import { connect, type EtcdClient } from '../etcd/index.js';
import { type ClusterSnapshot, openRegistry, type Registry } from '../registry/index.js';
import { type ClusterStatus, foldStatus } from '../status/index.js';
import type { ClusterPlan } from './cluster-plan.js';
import type { ControlRecord } from './control-record.js';

/** One command's connection to the store of a running cluster. */
export interface Session {
  readonly client: EtcdClient;
  readonly registry: Registry;
  close(): Promise<void>;
}

export function openSession(control: ControlRecord): Session {
  const client = connect([control.etcdUrl]);
  const registry = openRegistry({ kv: client, clock: realClock, log: silentLog });
  return { client, registry, close: () => client.close() };
}

/** The status as a snapshot alone tells it: no question to the store, so it can follow every change. */
export function statusOf(plan: ClusterPlan, snapshot: ClusterSnapshot): ClusterStatus {
  return foldStatus({
    cluster: plan.spec.name,
    endpoints: { control: plan.controlUrl, etcd: plan.storeUrls },
    store: plan.spec.store.kind,
    machines: [...plan.machines.values()].map(({ known }) => known),
    snapshot,
    renewedAt: new Map(),
  });
}
