// SPDX-License-Identifier: Apache-2.0

import { silentLog } from '../../effects/index.js';
import { readCluster } from '../cluster-files.js';
import { type ClusterFolder, findClusterId } from '../cluster-folder.js';
import { type ClusterPlan, planCluster } from '../cluster-plan.js';
import { bindProvider } from '../provider-deps.js';

/**
 * The plan of the cluster file on the disk. A cluster that was never up has no network yet, and gets none here: addresses
 * that its file does not name are empty, and its machine IDs are not those that it will have, which is told.
 *
 * @throws `cli/bad-cluster`, `cli/user-data-missing`, and what the provider throws
 */
export async function readDiskPlan(cluster: ClusterFolder): Promise<ClusterPlan> {
  const { spec, text } = await readCluster(cluster);
  const clusterId = await findClusterId(cluster);
  if (clusterId === undefined) {
    process.stderr.write(
      'the cluster was never up: addresses that its file does not name are empty here, machine IDs are made up\n',
    );
    const network = { controlAddress: '127.0.0.1', addressOf: () => '' };
    return planCluster(spec, text.userData, { clusterId: '', network });
  }
  const network = await bindProvider(cluster, clusterId, spec, silentLog).planNetwork();
  return planCluster(spec, text.userData, { clusterId, network });
}
