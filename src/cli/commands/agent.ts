// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.js';

export const agent: Command = {
  name: 'agent',
  summary: 'what runs on a machine',
  description: [
    'Applies the configuration of the machine it runs on, runs its units and keeps it registered. With --boot-url',
    'it is a whole local machine: it boots over the network first, knowing nothing but its marks.',
  ].join('\n'),
  args: [],
  flags: [
    { name: '--boot-url <url>', description: 'boot over the network from here' },
    { name: '--mac <mac>', description: 'MAC address of the local machine' },
    { name: '--uuid <uuid>', description: 'UUID of the local machine' },
    { name: '--serial <serial>', description: 'serial number of the local machine' },
    { name: '--root <folder>', description: 'the folder that stands for /', default: '/' },
    { name: '--ca-file <file>', description: 'the only authorities that count for user-data over https' },
    { name: '--unit <name>', description: 'run one of the units that muster brings, as its unit file says' },
    { name: '--command-line <text>', description: 'kernel command line, in place of /proc/cmdline' },
  ],
  examples: [
    ['muster agent', 'on a machine that has booted, as a service'],
    [
      'muster agent --boot-url http://127.77.4.1:7979/boot.ipxe --mac 52:54:00:aa:00:01 --root /tmp/m1',
      'a local machine',
    ],
  ],
  run: async (input) => (await import('../agent-app.js')).runAgentCommand(input),
};
