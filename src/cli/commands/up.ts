// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const up: Command = {
  name: 'up',
  summary: 'bring up the cluster, or some of its machines',
  description: [
    'Brings the machines of the cluster file up: starts the control process if need be, applies the file,',
    'powers the machines on and waits until each has joined. With no cluster file it brings up three',
    'machines on this computer. Given names, it touches only those machines.',
    '',
    'Exit code 1 when a machine did not join; the others stay. ^C takes back what this call began.',
  ].join('\n'),
  args: [{ name: '[name...]', description: 'machines; all when left out' }],
  flags: [
    fileFlag,
    outputFlag,
    {
      name: '--store <kind>',
      description: 'for a folder with no cluster file: the store to begin with',
      choices: ['embedded', 'etcd'],
    },
    {
      name: '--provider <name>',
      description: 'the same: processes of this computer, or virtual machines that boot the image "default"',
      choices: ['local', 'qemu'],
    },
    {
      name: '--timeout <seconds>',
      description:
        'how long to wait for the machines; 60 when left out, 300 for virtual machines, 900 for metal',
    },
  ],
  examples: [
    ['muster up', 'all machines of cluster.yaml, or the default three'],
    ['muster up --store etcd', 'three machines that run a real etcd'],
    ['muster up --provider qemu', 'three virtual machines; `muster image build` makes what they boot'],
    ['muster up core-02', 'bring one back that was lost'],
    ['muster up -f site/cluster.yaml -o json', 'print the status as JSON at the end'],
  ],
  run: async (input) => (await import('../app.js')).runUp(input),
};
