// SPDX-License-Identifier: Apache-2.0

import type { ClusterSnapshot } from '../registry/index.js';
import { diffSpec } from '../spec/index.js';
import { type CheckedCluster, compileCluster, parseCluster } from './cluster-files.js';
import type { ClusterPlan } from './cluster-plan.js';
import type { ControlRecord } from './control-record.js';
import { fail } from './errors.js';
import type { Session } from './session.js';

/**
 * What the control process was started with stays as it is as long as it runs.
 *
 * @throws `cli/needs-restart`
 */
export function refuseMoved(plan: ClusterPlan, control: ControlRecord): void {
  if (plan.controlUrl !== control.controlUrl || plan.etcdUrl !== control.etcdUrl) {
    throw fail('cli/needs-restart', { what: 'provider, network or control addresses' });
  }
  if (plan.spec.name !== control.cluster)
    throw fail('cli/needs-restart', { what: 'the name of the cluster' });
}

/**
 * Refuses a plan with a machine that the others, and muster itself, could not find.
 *
 * @throws `cli/no-address`
 */
export function refuseUnplaced(plan: ClusterPlan): void {
  for (const [name, { order }] of plan.machines)
    if (order.address === '') throw fail('cli/no-address', { name });
}

/**
 * Writes the cluster file into the store, unless it is there already; returns what changed, in words. Boots are
 * answered from it from then on.
 *
 * @throws `cli/no-address`, `cli/needs-restart`, `cli/store-changed`, `cli/changed-meanwhile`; then nothing was written
 */
export async function applyFile(
  session: Session,
  plan: ClusterPlan,
  checked: CheckedCluster,
  before: ClusterSnapshot,
): Promise<readonly string[]> {
  refuseUnplaced(plan);
  const { text, userData } = before.clusterFile;
  const isSame =
    text === checked.text.text &&
    userData.size === checked.text.userData.size &&
    [...checked.text.userData].every(([path, content]) => userData.get(path) === content);
  if (isSame) return [];
  const was = parseCluster(text);
  if (
    before.clusterFile.modRevision > 0 &&
    was.kind === 'ok' &&
    was.spec.store.kind !== checked.spec.store.kind
  ) {
    throw fail('cli/store-changed', { from: was.spec.store.kind, to: checked.spec.store.kind });
  }
  if (before.clusterFile.modRevision > 0 && was.kind === 'ok') {
    const wasServed = compileCluster(was.spec, userData).bootstrap === 'srv';
    if (wasServed !== (plan.dns !== undefined)) throw fail('cli/needs-restart', { what: 'bootstrap: srv' });
  }
  if (!(await session.registry.clusterFile.write(checked.text, before.clusterFile))) {
    throw fail('cli/changed-meanwhile');
  }
  const changes = was.kind === 'ok' ? diffSpec(was.spec, checked.spec).map(({ text }) => text) : [];
  return changes.length === 0 ? ['user-data changed'] : changes;
}
