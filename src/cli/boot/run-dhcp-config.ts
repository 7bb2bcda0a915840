// SPDX-License-Identifier: Apache-2.0

import {
  type DhcpLines,
  ipxeFiles,
  renderDnsmasq,
  renderDnsmasqProxy,
  renderIsc,
  renderKea,
} from '../../boot/index.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { readDiskPlan } from '../config/disk-plan.js';
import { fail } from '../errors.js';
import { findDhcpNetwork } from './dhcp-network.js';

export async function runBootDhcpConfig({ flags }: CommandInput): Promise<ExitCode> {
  const named = textFlag(flags, 'url');
  if (named !== undefined && !URL.canParse(named))
    throw fail('cli/usage', { problem: `"${named}" is no URL`, hint: 'write it like http://10.0.0.1:7979' });
  const controlUrl = (named ?? (await readDiskPlan(findClusterFolder(flags))).controlUrl).replace(/\/+$/, '');
  const { hostname } = new URL(controlUrl);
  const tftp = textFlag(flags, 'tftp') ?? hostname;
  const lines: DhcpLines = { controlUrl, tftp, tags: ipxeFiles.map(({ tag }) => tag) };
  process.stdout.write(render(textFlag(flags, 'for') ?? 'dnsmasq', lines, hostname));
  return 0;
}

function render(server: string, lines: DhcpLines, hostname: string): string {
  switch (server) {
    case 'isc':
      return renderIsc(lines);
    case 'kea':
      return renderKea(lines);
    case 'dnsmasq-proxy': {
      const { network, netmask } = findDhcpNetwork(hostname);
      return renderDnsmasqProxy(lines, network, netmask);
    }
    default:
      return renderDnsmasq(lines);
  }
}
