// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { realFiles, silentLog } from '../effects/index.js';
import { isMusterError } from '../model/index.js';
import type { Host } from '../providers/index.js';
import type { ClusterSpec } from '../spec/index.js';
import { parseCluster } from './cluster-files.js';
import { type ClusterFolder, findClusterId } from './cluster-folder.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { type BoundProvider, bindProvider } from './provider-deps.js';

/** A cluster as its state folder has it, for commands that look after machines which are there already. */
export interface Existing {
  readonly name: string;
  /** As far as the cluster file can be read. */
  readonly storeKind: ClusterSpec['store']['kind'];
  readonly provider: BoundProvider;
  readonly host: Host;
  /** Those of the cluster file, as far as it can be read, and those that were powered on. */
  machineNames(): Promise<readonly string[]>;
}

/** Works with a cluster file that does not parse any more, or is gone, just as well. @throws `cli/never-up` */
export async function openExisting(cluster: ClusterFolder): Promise<Existing> {
  const clusterId = await findClusterId(cluster).catch((error: unknown) => {
    // What is left can still be stopped and removed.
    if (isMusterError(error, 'cli/damaged-state')) return undefined;
    throw error;
  });
  if (!existsSync(cluster.state)) throw fail('cli/never-up');
  const parsed = parseCluster((await realFiles.readText(cluster.clusterFile)) ?? '');
  const spec = parsed.kind === 'ok' ? parsed.spec : defaultSpec();
  const provider = bindProvider(cluster, clusterId ?? '', spec, silentLog);
  const host = provider.openHost();
  const running = await findControl(cluster);
  return {
    name: running?.cluster ?? spec.name,
    storeKind: spec.store.kind,
    provider,
    host,
    machineNames: async () => {
      const hosted = (await host.list()).map(({ name }) => name);
      const written = parsed.kind === 'ok' ? spec.machines.map(({ name }) => name) : [];
      return [...new Set([...written, ...hosted])];
    },
  };
}

function defaultSpec(): ClusterSpec {
  const parsed = parseCluster('');
  if (parsed.kind === 'bad') throw new Error('the default cluster does not parse');
  return parsed.spec;
}
