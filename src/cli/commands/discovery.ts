// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, fileFlag, outputFlag } from '../command.js';

const urlFlag = {
  name: '--url <url>',
  description: 'another discovery service than that of this cluster, such as http://10.0.0.1:8087',
};

const keyFlags = [
  { name: '--data-dir <folder>', description: 'folder of the service that --url names, for its key' },
  { name: '--key-file <file>', description: 'the operator’s key' },
];

const make: Command = {
  name: 'new',
  summary: 'make a token and print its URL',
  description: [
    'Makes a discovery token for a cluster that does not exist yet, and prints the URL to put into the cloud-config of',
    'its machines. Each cluster needs a new one. Unused, it expires after a week.',
  ].join('\n'),
  args: [],
  flags: [
    { name: '--size <number>', description: 'voting members, 1 to 99', default: '3' },
    fileFlag,
    urlFlag,
  ],
  examples: [
    ['muster discovery new --size 5', 'by the control process of this cluster'],
    ['muster discovery new --url http://10.0.0.1:8087', 'like `curl http://10.0.0.1:8087/new?size=3`'],
  ],
  run: async (input) => (await import('../app.js')).runDiscoveryNew(input),
};

const list: Command = {
  name: 'list',
  summary: 'list tokens and how far their clusters are',
  description:
    'Lists every token. Needs the operator’s key, because whoever knows a token can register under it.',
  args: [],
  flags: [fileFlag, urlFlag, ...keyFlags, outputFlag],
  examples: [['muster discovery list', 'token, state, slots taken, protocol, expiry']],
  run: async (input) => (await import('../app.js')).runDiscoveryList(input),
};

const show: Command = {
  name: 'show',
  summary: 'show who registered under a token',
  description: 'Shows the slots of a token in the order of registration, and who came too late for one.',
  args: [{ name: '<token>', description: 'the 32 hex digits, or the whole URL' }],
  flags: [fileFlag, urlFlag, ...keyFlags, outputFlag],
  examples: [['muster discovery show 6a28e078895c5ec737174db2419bb2f3', '']],
  run: async (input) => (await import('../app.js')).runDiscoveryShow(input),
};

const free: Command = {
  name: 'free',
  summary: 'give a slot back, while the cluster has not formed',
  description: [
    'Frees the slot of a machine that registered and will never come, so that another can take it. Those that wait begin',
    'anew by themselves.',
    '',
    'Once all slots are taken this is refused: etcd members may run then, and an empty disk that comes back under an old',
    'member ID loses acknowledged writes without any error. Remove such a member and add it anew as a learner.',
  ].join('\n'),
  args: [
    { name: '<token>', description: 'the 32 hex digits, or the whole URL' },
    { name: '<member>', description: 'its member ID, as `show` prints it' },
  ],
  flags: [fileFlag, urlFlag, ...keyFlags],
  examples: [['muster discovery free 6a28e078895c5ec737174db2419bb2f3 8e9e05c52164694d', '']],
  run: async (input) => (await import('../app.js')).runDiscoveryFree(input),
};

const serve: Command = {
  name: 'serve',
  summary: 'run the discovery service alone',
  description: [
    'Runs a discovery service until ^C or SIGTERM, for machines that muster does not boot: `/new?size=N`, protocol v2',
    '(etcd up to 3.6, --discovery) and protocol v3 (etcd 3.6 and later, --discovery-endpoints) on one port.',
    'The control process of a cluster serves the same on its own port.',
  ].join('\n'),
  args: [],
  flags: [
    {
      name: '--data-dir <folder>',
      description: 'where tokens and key are kept',
      default: 'default.discovery',
    },
    { name: '--listen <url>', description: 'where it listens', default: 'http://127.0.0.1:8087' },
    {
      name: '--base-url <url>',
      description: 'what URLs of tokens begin with; as it is reached when left out',
    },
    { name: '--unused-days <days>', description: 'unused tokens expire after', default: '7' },
  ],
  examples: [
    ['muster discovery serve --listen http://10.0.0.1:8087', 'without TLS'],
    [
      'muster discovery serve --data-dir /var/lib/muster-discovery --base-url https://discovery.example.com',
      'behind a proxy that speaks TLS',
    ],
  ],
  run: async (input) => (await import('../app.js')).runDiscoveryServe(input),
};

export const discovery: CommandGroup = {
  name: 'discovery',
  summary: 'make and look after discovery tokens',
  description: 'Makes and looks after the tokens by which machines find each other the first time.',
  commands: [make, list, show, free, serve],
};
