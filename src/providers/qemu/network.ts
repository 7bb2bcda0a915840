// SPDX-License-Identifier: Apache-2.0

import { findAddress, type Ipv4Block, sizeOf } from '../network/ipv4-block.js';
import { findNamespace, lowerLinks, raiseBridge } from '../network/links/cluster-link.js';
import {
  type BlockDeps,
  controlOffset,
  findChosenBlock,
  machineAddress,
  openBlock,
} from '../network/loopback-block.js';
import type { ClusterNetwork, ControlDoor, ProviderContext, ProviderDeps } from '../provider.js';
import { checkProgram } from './acceleration.js';
import { type Segment, segmentMac } from './command-line.js';
import { lowerDhcp, raiseDhcp } from './dhcp.js';
import { type QemuOptions, readQemuOptions } from './options.js';

/** The network in the cluster's namespace; no other one sees it, so that every cluster may have the same. */
export const bridgeBlock: Ipv4Block = { base: 10 * 2 ** 24 + 77 * 2 ** 16, prefix: 22 };

/** What QEMU's own network calls the computer that it runs on; it means 127.0.0.1 there. */
const gateway = '10.0.2.2';
/** Below the ports that the kernel hands out by itself. */
const firstPort = 16_384;
const portsPerCluster = 4;
const clusters = 4096;

/**
 * The network of virtual machines. In `user` mode it has two sides: among each other machines have addresses of 10.0.0.0/8
 * on their segment; this computer reaches each at an address of its loopback with the same last three numbers, and is
 * reached by them at ports of 127.0.0.1. Both belong to the block that is reserved for the cluster.
 *
 * @throws `providers/no-network-free`
 */
export async function openQemuNetwork(deps: BlockDeps, context: ProviderContext): Promise<ClusterNetwork> {
  const options = readQemuOptions(context.options);
  if (options.network === 'bridge') return bridgeNetwork(options);
  const sockets = (block: Ipv4Block) => {
    const door = doorOf(block, context.ports);
    return context.ports.flatMap((port) => [
      { host: findAddress(block, controlOffset) ?? '', port },
      { host: door.listenAddress, port: door.portOf(port) },
    ]);
  };
  return userNetwork(await openBlock(deps, context, undefined, sockets), context.ports, options);
}

/** What `openQemuNetwork` gives, as far as it is decided. */
export async function findQemuNetwork(
  deps: BlockDeps,
  context: ProviderContext,
): Promise<ClusterNetwork | undefined> {
  const options = readQemuOptions(context.options);
  if (options.network === 'bridge') return bridgeNetwork(options);
  const block = await findChosenBlock(deps, context, undefined);
  return block && userNetwork(block, context.ports, options);
}

/** @throws `providers/no-qemu`, `providers/no-namespaces`, `providers/no-dnsmasq` */
export async function raiseQemuNetwork(
  deps: Pick<ProviderDeps, 'clock' | 'exec' | 'files' | 'environment'>,
  { folder, clusterName, options, ports }: ProviderContext,
): Promise<void> {
  const read = readQemuOptions(options);
  await checkProgram(deps, read);
  if (read.network === 'user') return;
  const namespace = await findNamespace(deps.files, folder, clusterName);
  const control = findAddress(bridgeBlock, controlOffset) ?? '';
  await raiseBridge(deps, folder, namespace, `${control}/${bridgeBlock.prefix}`);
  const bootUrl = `http://${control}:${ports[0]}/boot.ipxe`;
  await raiseDhcp(deps, { folder, namespace, block: bridgeBlock, control, bootUrl });
}

export async function lowerQemuNetwork(
  deps: Pick<ProviderDeps, 'exec' | 'files'>,
  { folder, clusterName }: ProviderContext,
): Promise<void> {
  await lowerDhcp(deps, folder);
  await lowerLinks(deps, folder, await findNamespace(deps.files, folder, clusterName));
}

function userNetwork(block: Ipv4Block, ports: readonly number[], options: QemuOptions): ClusterNetwork {
  const inside = { ...block, base: block.base - 117 * 2 ** 24 };
  return {
    controlAddress: findAddress(block, controlOffset) ?? '',
    addressOf: (index) => machineAddress(inside, index),
    reachOf: (index) => machineAddress(block, index),
    door: doorOf(block, ports),
    argumentsOf: ({ mac, address }) => [
      ...consoleArguments,
      `muster.address=${segmentMac(mac)},${address}/${prefixOf(address)}`,
      ...diskArguments(options),
    ],
  };
}

function bridgeNetwork(options: QemuOptions): ClusterNetwork {
  return {
    controlAddress: findAddress(bridgeBlock, controlOffset) ?? '',
    addressOf: (index) => machineAddress(bridgeBlock, index),
    argumentsOf: () => [...consoleArguments, ...diskArguments(options)],
  };
}

/**
 * A kernel that gave up begins anew, as a computer does that has a watchdog. The drives that every PC could have are not
 * looked for: there are none, and an emulated machine takes seconds for it.
 */
const consoleArguments = ['console=ttyS0', 'panic=5', 'module_blacklist=ata_piix,ata_generic'];

function diskArguments({ diskMib }: QemuOptions): readonly string[] {
  return diskMib === undefined ? [] : ['muster.disk=/dev/vda'];
}

function doorOf(block: Ipv4Block, ports: readonly number[]): ControlDoor {
  const first = firstPortOf(block);
  return {
    listenAddress: '127.0.0.1',
    address: gateway,
    portOf: (port) => (ports.includes(port) ? first + ports.indexOf(port) : port),
  };
}

/** Where the machines of this block speak with each other: nobody else's, as the block is nobody else's. */
export function segmentOf(block: Ipv4Block): Segment {
  const number = numberOf(block);
  return { group: `239.77.${Math.floor(number / 256)}.${number % 256}`, port: firstPortOf(block) + 3 };
}

function firstPortOf(block: Ipv4Block): number {
  return firstPort + numberOf(block) * portsPerCluster;
}

/** Blocks of one size count from 0. */
function numberOf(block: Ipv4Block): number {
  return (block.base / sizeOf(block)) % clusters;
}

/** So wide that machines whose addresses the operator chose see each other. RFC 1918. */
function prefixOf(address: string): number {
  if (address.startsWith('10.')) return 8;
  if (/^172\.(1[6-9]|2\d|3[01])\./.test(address)) return 12;
  return address.startsWith('192.168.') ? 16 : 24;
}
