// SPDX-License-Identifier: Apache-2.0

import { networkInterfaces } from 'node:os';
import { fail } from '../errors.js';

/** The IPv4 network in which machines reach the boot server. */
export interface DhcpNetwork {
  readonly interface: string;
  /** Of this computer. */
  readonly address: string;
  readonly netmask: string;
  /** Its first address. */
  readonly network: string;
}

/** The network of an address of this computer. @throws `cli/no-dhcp-network` */
export function findDhcpNetwork(address: string): DhcpNetwork {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const found = addresses.find((one) => one.family === 'IPv4' && one.address === address && !one.internal);
    if (found === undefined) continue;
    const { netmask } = found;
    return { interface: name, address, netmask, network: textOf(numberOf(address) & numberOf(netmask)) };
  }
  throw fail('cli/no-dhcp-network', { address });
}

/** The upper half of the network but for its last address, for machines that have none of their own. Pure. */
export function poolOf({ network, netmask }: Pick<DhcpNetwork, 'network' | 'netmask'>) {
  const size = (~numberOf(netmask) >>> 0) + 1;
  const start = numberOf(network) >>> 0;
  return { first: textOf(start + Math.floor(size / 2)), last: textOf(start + Math.max(size - 2, 1)) };
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => (sum << 8) | Number(octet), 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
