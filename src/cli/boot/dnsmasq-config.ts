// SPDX-License-Identifier: Apache-2.0

import { type BootMachine, type IpxeTag, renderDnsmasq, renderDnsmasqProxy } from '../../boot/index.js';
import { type DhcpNetwork, poolOf } from './dhcp-network.js';

export const dhcpModes = ['proxy', 'full'] as const;
export type DhcpMode = (typeof dhcpModes)[number];

export interface DnsmasqOptions {
  readonly mode: DhcpMode;
  readonly network: DhcpNetwork;
  readonly controlUrl: string;
  readonly tags: readonly IpxeTag[];
  /** Files and folders of the managed dnsmasq. */
  readonly folder: string;
  readonly domain: string;
  /** With `full`; left out: the upper half of the network. */
  readonly pool?: { readonly first: string; readonly last: string } | undefined;
}

/** The whole configuration of a managed dnsmasq: no DNS, one interface, TFTP for iPXE. Pure. */
export function renderDnsmasqConfig(options: DnsmasqOptions): string {
  const { mode, network, folder, controlUrl, tags } = options;
  const lines = { controlUrl, tftp: network.address, tags };
  const head = [
    '# Written by muster at each start: changes are lost.',
    'port=0',
    `interface=${network.interface}`,
    'bind-dynamic',
    'log-dhcp',
    `dhcp-leasefile=${folder}/dnsmasq.leases`,
    `pid-file=${folder}/dnsmasq.pid`,
    'enable-tftp',
    `tftp-root=${folder}/tftp`,
    '',
  ].join('\n');
  if (mode === 'proxy') return head + renderDnsmasqProxy(lines, network.network, network.netmask);
  const { first, last } = options.pool ?? poolOf(network);
  const own = [
    `dhcp-range=${first},${last},${network.netmask},1h`,
    'dhcp-authoritative',
    `dhcp-option=option:domain-name,${options.domain}`,
    `dhcp-hostsfile=${folder}/dnsmasq.hosts`,
    '',
  ].join('\n');
  return head + own + renderDnsmasq(lines);
}

/** The addresses that the cluster file gives to machines, as a file of hosts. */
export function renderDnsmasqHosts(machines: readonly BootMachine[]): string {
  return machines
    .filter(({ facts }) => facts.privateIpv4 !== '')
    .map(({ marks, facts, name }) => `${marks.mac},${facts.privateIpv4},${name}\n`)
    .join('');
}
