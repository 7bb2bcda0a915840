// SPDX-License-Identifier: Apache-2.0

import { findAddress, type Ipv4Block } from '../network/ipv4-block.js';
import { findNamespace, lowerLinks, raiseBridge } from '../network/links/cluster-link.js';
import {
  type BlockDeps,
  controlOffset,
  findChosenBlock,
  hasOneAddress,
  machineAddress,
  openBlock,
} from '../network/loopback-block.js';
import type { ClusterNetwork, ProviderContext, ProviderDeps } from '../provider.js';
import { readLocalOptions } from './options.js';

/**
 * The network of a cluster on this computer. On Linux every address of 127.0.0.0/8 is there to be listened
 * on, so each cluster has a block of its own (the control process at .1, the first machine at .101), the same
 * at every call; one that other clusters hold is passed over. Elsewhere there is only 127.0.0.1, for the
 * control process and all machines together. Machines with interfaces of their own have a network that nobody else
 * sees, and nothing needs to be reserved.
 *
 * @throws `providers/network-taken` when the cluster file names a block that another cluster has;
 * `providers/no-network-free`, `providers/bad-options`
 */
export async function openLocalNetwork(deps: BlockDeps, context: ProviderContext): Promise<ClusterNetwork> {
  const { links, network: wanted } = readLocalOptions(context.options);
  if (links === 'namespaces') return networkOf(wanted);
  if (await hasOneAddress(deps, wanted)) return sharedNetwork;
  const sockets = (block: Ipv4Block) =>
    context.ports.map((port) => ({ host: findAddress(block, controlOffset) ?? '', port }));
  return networkOf(await openBlock(deps, context, wanted, sockets));
}

/** The network that `openLocalNetwork` gives, as far as it is decided, with nothing reserved and nothing given back. */
export async function findLocalNetwork(
  deps: BlockDeps,
  context: ProviderContext,
): Promise<ClusterNetwork | undefined> {
  const { links, network: wanted } = readLocalOptions(context.options);
  if (links === 'namespaces') return networkOf(wanted);
  if (await hasOneAddress(deps, wanted)) return sharedNetwork;
  const block = await findChosenBlock(deps, context, wanted);
  return block === undefined ? undefined : networkOf(block);
}

/** @throws `providers/no-namespaces` */
export async function raiseLocalNetwork(
  deps: Pick<ProviderDeps, 'exec' | 'files'>,
  { folder, clusterName, options }: ProviderContext,
): Promise<void> {
  const { links, network } = readLocalOptions(options);
  if (links === 'loopback') return;
  const address = `${findAddress(network, controlOffset)}/${network.prefix}`;
  await raiseBridge(deps, folder, await findNamespace(deps.files, folder, clusterName), address);
}

export async function lowerLocalNetwork(
  deps: Pick<ProviderDeps, 'exec' | 'files'>,
  { folder, clusterName }: ProviderContext,
): Promise<void> {
  await lowerLinks(deps, folder, await findNamespace(deps.files, folder, clusterName));
}

const sharedNetwork: ClusterNetwork = { controlAddress: '127.0.0.1', addressOf: () => '127.0.0.1' };

function networkOf(block: Ipv4Block): ClusterNetwork {
  return {
    controlAddress: findAddress(block, controlOffset) ?? '',
    addressOf: (index) => machineAddress(block, index),
  };
}
