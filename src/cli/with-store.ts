// SPDX-License-Identifier: Apache-2.0

import { connect, type EtcdClient } from '../etcd/index.js';
import { isMusterError } from '../model/index.js';
import { type ClusterFolder, findClusterFolder } from './cluster-folder.js';
import type { ExitCode, FlagValues } from './command.js';
import { controlLog } from './control-process.js';
import { type ControlRecord, getControl } from './control-record.js';
import { fail } from './errors.js';
import { namedEndpoints } from './named-endpoints.js';
import { reachUrl } from './reach.js';

/**
 * Connects to the store that a command speaks to, and closes the connection after its use: `--endpoints`, `--file`,
 * `ETCDCTL_ENDPOINTS`, else the cluster found from here.
 *
 * @param use also gets how a member's own URL is reached from here
 * @throws `cli/control-unreachable` when the cluster's own store does not answer
 */
export async function withStore(
  flags: FlagValues,
  use: (store: EtcdClient, reach: (url: string) => string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const named = namedEndpoints(flags);
  if (named.length > 0) return useAndClose(connect(named), (store) => use(store, (url) => url));
  const cluster = findClusterFolder(flags);
  const control = await getControl(cluster);
  try {
    const reach = (url: string) => reachUrl(control.reach, url);
    return await useAndClose(connect(control.storeUrls), (store) => use(store, reach));
  } catch (error) {
    throw explainAway(error, cluster, control);
  }
}

async function useAndClose(
  store: EtcdClient,
  use: (store: EtcdClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function explainAway(error: unknown, cluster: ClusterFolder, control: ControlRecord): unknown {
  if (!isMusterError(error, 'etcd/unavailable') && !isMusterError(error, 'etcd/deadline-exceeded'))
    return error;
  const details = { pid: control.pid, url: control.etcdUrl, why: error.message, log: controlLog(cluster) };
  return fail('cli/control-unreachable', details, error);
}
