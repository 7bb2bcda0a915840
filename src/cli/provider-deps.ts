// SPDX-License-Identifier: Apache-2.0

import {
  type Log,
  realClock,
  realDialUnix,
  realExec,
  realFiles,
  realProbeTcp,
  realRandom,
} from '../effects/index.js';
import {
  type ClusterNetwork,
  findProvider,
  type Host,
  openSshKey,
  type Provider,
  type ProviderContext,
  type ProviderDeps,
} from '../providers/index.js';
import type { ClusterSpec } from '../spec/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import { ownEnvironment, thisProgram } from './this-program.js';

/** A network, and who may come in to its machines. */
export interface BoundNetwork extends ClusterNetwork {
  /** Public keys of the user core, where machines have an sshd. */
  readonly authorizedKeys?: readonly string[];
}

/** A provider, bound to one cluster on this computer. */
export interface BoundProvider {
  readonly openNetwork: () => Promise<BoundNetwork>;
  /**
   * As `openNetwork`, for a cluster that has its network: it keeps it, whatever the options say. To open the one of
   * an edited file would give that of the running cluster back.
   */
  readonly planNetwork: () => Promise<BoundNetwork>;
  readonly raiseNetwork: () => Promise<void>;
  readonly lowerNetwork: () => Promise<void>;
  readonly findWayIn: () => ReturnType<Provider['findWayIn']>;
  readonly releaseNetwork: () => Promise<void>;
  readonly openHost: () => Host;
  /** As `Provider.joinSeconds`. */
  readonly joinSeconds: number;
}

export function bindProvider(
  cluster: ClusterFolder,
  clusterId: string,
  spec: ClusterSpec,
  log: Log,
): BoundProvider {
  const provider = findProvider(spec.provider.name);
  const deps = providerDeps(log);
  const context: ProviderContext = {
    clusterName: spec.name,
    clusterId,
    folder: cluster.state,
    ports: [spec.control.port, spec.control.etcdPort],
    options: spec.provider.options,
  };
  const withKey = async (network: ClusterNetwork): Promise<BoundNetwork> =>
    provider.isReal
      ? { ...network, authorizedKeys: [await openSshKey(deps, cluster.state, spec.name)] }
      : network;
  return {
    openNetwork: async () => withKey(await provider.openNetwork(deps, context)),
    planNetwork: async () =>
      withKey((await provider.findNetwork(deps, context)) ?? (await provider.openNetwork(deps, context))),
    raiseNetwork: () => provider.raiseNetwork(deps, context),
    lowerNetwork: () => provider.lowerNetwork(deps, context),
    findWayIn: () => provider.findWayIn(deps, cluster.state),
    releaseNetwork: () => provider.releaseNetwork(deps, context),
    openHost: () => provider.openHost(deps, context),
    joinSeconds: provider.joinSeconds,
  };
}

function providerDeps(log: Log): ProviderDeps {
  return {
    clock: realClock,
    dialUnix: realDialUnix,
    exec: realExec,
    files: realFiles,
    log,
    random: realRandom,
    probeTcp: realProbeTcp,
    program: thisProgram(),
    environment: ownEnvironment(),
  };
}
