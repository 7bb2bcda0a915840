// SPDX-License-Identifier: Apache-2.0

import { silentLog } from '../effects/index.js';
import { parseCluster } from './cluster-files.js';
import type { ClusterFolder } from './cluster-folder.js';
import { openClusterId } from './cluster-folder.js';
import { type ClusterPlan, planCluster } from './cluster-plan.js';
import { fail } from './errors.js';
import { bindProvider } from './provider-deps.js';
import type { Session } from './session.js';

/** The plan of the cluster file that was applied last, whatever the one on the disk has become. @throws `cli/no-plan` */
export async function readAppliedPlan(cluster: ClusterFolder, session: Session): Promise<ClusterPlan> {
  const { clusterFile } = await session.registry.snapshot();
  const parsed = parseCluster(clusterFile.text);
  if (clusterFile.modRevision === 0 || parsed.kind === 'bad') throw fail('cli/no-plan');
  const clusterId = await openClusterId(cluster);
  // By its own options: the file on the disk may name another network meanwhile.
  const network = await bindProvider(cluster, clusterId, parsed.spec, silentLog).planNetwork();
  return planCluster(parsed.spec, clusterFile.userData, { clusterId, network });
}
