// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const serve: Command = {
  name: 'serve',
  summary: 'the control process alone, in the foreground',
  description: [
    'Runs store, boot server, engine and status of one cluster until SIGTERM or ^C, with its log as JSON lines on',
    'standard output: for a service manager. `muster up` starts the same in the background. One runs per cluster.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    {
      name: '--dhcp <mode>',
      description:
        'run dnsmasq as well: "proxy" beside the DHCP server that the network has, "full" as the one that it has not',
      choices: ['proxy', 'full'],
    },
    {
      name: '--dhcp-range <first,last>',
      description: 'with full: addresses for machines that have none in the file',
    },
  ],
  examples: [
    ['muster serve', 'until ^C'],
    ['muster serve --dhcp proxy', 'as root: machines of this network boot'],
    ['muster serve -f /etc/muster/cluster.yaml', 'as ExecStart= of a systemd unit'],
  ],
  run: async (input) => (await import('../app.js')).runServe(input),
};
