// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail } from '../errors.js';
import type { ClusterNetwork, ProviderContext, ProviderDeps } from '../provider.js';
import { findAddress, type Ipv4Block, renderBlock, sizeOf } from './ipv4-block.js';
import { findNamespace, lowerLinks, raiseBridge } from './links/cluster-link.js';
import { controlOffset } from './links/links.js';
import { readLocalOptions } from './options.js';
import { openReservations, type Reservations } from './reservations.js';

/** Where muster chooses networks: 4096 blocks of 1024 addresses. */
const pool: Ipv4Block = { base: 127 * 2 ** 24 + 64 * 2 ** 16, prefix: 10 };
const blockPrefix = 22;
const maxTries = 64;
/** So many blocks with a taken port mean that a program listens on every address: moving on does not help then. */
const maxBusyBlocks = 8;

const firstMachineOffset = 101;

type NetworkDeps = Pick<ProviderDeps, 'files' | 'probeTcp' | 'environment' | 'log'>;

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
export async function openLocalNetwork(deps: NetworkDeps, context: ProviderContext): Promise<ClusterNetwork> {
  const { links, network: wanted } = readLocalOptions(context.options);
  if (links === 'namespaces') return networkOf(wanted);
  if (await isShared(deps, wanted)) return sharedNetwork;
  const reservations = reservationsOf(deps, context);
  if (wanted === undefined) return networkOf(await chooseBlock(deps, context, reservations));
  const claim = await reservations.claim(wanted);
  if (claim.kind === 'mine') return networkOf(wanted);
  throw fail('providers/network-taken', { network: renderBlock(wanted), folder: claim.folder });
}

/** The network that `openLocalNetwork` gives, as far as it is decided, with nothing reserved and nothing given back. */
export async function findLocalNetwork(
  deps: NetworkDeps,
  context: ProviderContext,
): Promise<ClusterNetwork | undefined> {
  const { links, network: wanted } = readLocalOptions(context.options);
  if (links === 'namespaces') return networkOf(wanted);
  if (await isShared(deps, wanted)) return sharedNetwork;
  const block = wanted ?? (await reservationsOf(deps, context).chosen());
  return block === undefined ? undefined : networkOf(block);
}

/** Whether there is one loopback address only. */
async function isShared({ probeTcp }: NetworkDeps, wanted: Ipv4Block | undefined): Promise<boolean> {
  const host = findAddress(wanted ?? pool, controlOffset) ?? '';
  return (await probeTcp({ host, port: 0 })) === 'no-address';
}

export async function releaseLocalNetwork(deps: NetworkDeps, context: ProviderContext): Promise<void> {
  await reservationsOf(deps, context).release();
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
    addressOf(index) {
      const address = findAddress(block, firstMachineOffset + index);
      if (address !== undefined) return address;
      throw fail('providers/network-full', { network: renderBlock(block), number: index + 1 });
    },
  };
}

/** What it chose before, if nobody else has that; else the first free one, tried in an order that the folder's path decides. */
async function chooseBlock(
  deps: NetworkDeps,
  context: ProviderContext,
  reservations: Reservations,
): Promise<Ipv4Block> {
  const before = await reservations.chosen();
  if (before !== undefined && (await reservations.claim(before)).kind === 'mine') return before;
  let busy = 0;
  for (const block of candidates(context.folder)) {
    const mayPassOver = busy < maxBusyBlocks;
    if (mayPassOver && (await isBusy(deps, context, block))) busy += 1;
    else if ((await reservations.claim(block)).kind === 'mine') return block;
  }
  throw fail('providers/no-network-free', { count: maxTries });
}

function candidates(folder: string): readonly Ipv4Block[] {
  const size = sizeOf({ prefix: blockPrefix });
  const count = sizeOf(pool) / size;
  const first = createHash('sha256').update(folder).digest().readUInt32BE(0) % count;
  return Array.from({ length: maxTries }, (_, index) => ({
    base: pool.base + ((first + index) % count) * size,
    prefix: blockPrefix,
  }));
}

/** True when somebody listens where the control process would: another user's cluster, whose reservations are not seen. */
async function isBusy(deps: NetworkDeps, context: ProviderContext, block: Ipv4Block): Promise<boolean> {
  const host = findAddress(block, controlOffset) ?? '';
  const found = await Promise.all(context.ports.map((port) => deps.probeTcp({ host, port })));
  return found.includes('taken');
}

function reservationsOf(deps: NetworkDeps, context: ProviderContext): Reservations {
  const { XDG_STATE_HOME: state, HOME: home } = deps.environment;
  const stateFolder = state?.startsWith('/') ? state : home && join(home, '.local', 'state');
  if (!stateFolder)
    deps.log.warn('no HOME is set: other clusters of this user cannot see the network of this one');
  return openReservations(deps.files, context.folder, stateFolder || undefined);
}
