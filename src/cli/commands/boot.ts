// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, type Flag, fileFlag, outputFlag } from '../command.js';

const factFlags: readonly Flag[] = [
  { name: '--mac <mac>', description: 'MAC address, in any notation' },
  { name: '--uuid <uuid>', description: 'SMBIOS UUID' },
  { name: '--serial <serial>', description: 'serial number' },
  { name: '--arch <arch>', description: 'x86_64, arm64 or i386' },
  { name: '--label <key=value...>', description: 'anything else that its firmware says: platform, asset, …' },
];

const why: Command = {
  name: 'why',
  summary: 'say which machine somebody is, what it boots, and why',
  description: [
    'Says which machine of the cluster has these marks, which profile it boots, and what speaks against each other one. Asks',
    'the control process; where none runs, the cluster file on the disk is looked at.',
  ].join('\n'),
  args: [],
  flags: [fileFlag, ...factFlags, outputFlag],
  examples: [
    ['muster boot why --mac 52:54:00:aa:00:01', 'what this machine gets'],
    ['muster boot why --uuid 3b4c5d6e-0000-4000-8000-000000000001 --arch arm64', 'as its firmware would ask'],
  ],
  run: async (input) => (await import('../app.js')).runBootWhy(input),
};

const serve: Command = {
  name: 'serve',
  summary: 'serve boot scripts, files and user-data alone',
  description: [
    'Serves what `muster serve` serves to booting machines, and nothing else: no store, no engine. Machines, profiles and',
    'images are those of the cluster file, which is read again when it changes. Runs until ^C, with its log on standard output.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    { name: '--listen <host:port>', description: 'where to listen', default: '127.0.0.1:7979' },
    { name: '--url <url>', description: 'what machines reach it by, where that is another address' },
  ],
  examples: [
    ['muster boot serve --listen 10.0.0.1:7979', 'for machines that chain to http://10.0.0.1:7979/boot.ipxe'],
  ],
  run: async (input) => (await import('../app.js')).runBootServe(input),
};

const dhcpConfig: Command = {
  name: 'dhcp-config',
  summary: 'print lines for your own DHCP server',
  description: [
    'Prints what a DHCP server needs so that machines chain to the boot server: iPXE for those that have none, and the URL',
    'of the boot script for iPXE. `muster serve --dhcp` runs a server instead.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    {
      name: '--for <server>',
      description: 'whose notation',
      choices: ['dnsmasq', 'dnsmasq-proxy', 'isc', 'kea'],
      default: 'dnsmasq',
    },
    { name: '--url <url>', description: 'of the boot server; otherwise that of the cluster' },
    {
      name: '--tftp <address>',
      description: 'of a TFTP server that has the files of iPXE; otherwise that of the URL',
    },
  ],
  examples: [
    ['muster boot dhcp-config', 'lines for dnsmasq'],
    ['muster boot dhcp-config --for kea --url http://10.0.0.1:7979', 'client classes for Kea'],
  ],
  run: async (input) => (await import('../app.js')).runBootDhcpConfig(input),
};

export const boot: CommandGroup = {
  name: 'boot',
  summary: 'look into, and serve, what machines boot',
  description: 'Looks into what machines boot, and serves it.',
  commands: [why, serve, dhcpConfig],
};
