// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, endpointsFlag, type Flag, fileFlag } from '../command.js';

const memberFlag: Flag = {
  name: '--member <members...>',
  description: 'NAME=PEER-URL[,CLIENT-URL]; for a cluster that has yet to form, may be repeated',
};
const suffixFlag: Flag = {
  name: '--suffix <suffix>',
  description: 'as --discovery-srv-name of etcd: _etcd-server-SUFFIX and so on',
};
const ttlFlag: Flag = {
  name: '--ttl <seconds>',
  description: 'how long others may keep an answer',
  default: '10',
};

const zone: Command = {
  name: 'zone',
  summary: 'print the DNS zone of a cluster',
  description: [
    'Prints the SRV and address records by which etcd and its clients find a cluster (`--discovery-srv`), as a zone file',
    'that another name server can load. It is made of the member list of a running cluster, or of --member.',
  ].join('\n'),
  args: [],
  flags: [
    { name: '--domain <name>', description: 'the domain', default: 'muster.internal' },
    memberFlag,
    suffixFlag,
    ttlFlag,
    { name: '--name-server <name>', description: 'who answers for the domain', default: 'localhost' },
    fileFlag,
    endpointsFlag,
    {
      name: '-o, --output <format>',
      description: 'how to print',
      choices: ['zone', 'json'],
      default: 'zone',
    },
  ],
  examples: [
    ['muster dns zone --domain cluster.example.com', 'of this cluster'],
    ['muster dns zone --endpoints http://10.0.0.1:2379 -o json', 'of any etcd, for programs'],
    ['muster dns zone --member core-01=http://10.0.0.1:2380', 'of one that is to be'],
  ],
  run: async (input) => (await import('../app.js')).runDnsZone(input),
};

const serve: Command = {
  name: 'serve',
  summary: 'answer DNS for the domain of a cluster',
  description: [
    'Answers SRV and address queries for one domain over UDP and TCP, until ^C or SIGTERM. With --endpoints the answers',
    'follow the members of the cluster as they change; with --member they are there before it has formed. With both, the',
    'given members count until the cluster answers, and stay its address book.',
  ].join('\n'),
  args: [],
  flags: [
    { name: '--domain <name>', description: 'the domain', default: 'muster.internal' },
    { name: '--listen <address:port>', description: 'where', default: '127.0.0.1:53' },
    {
      name: '--endpoints <urls>',
      description: 'client URLs of the cluster; also ETCDCTL_ENDPOINTS',
    },
    memberFlag,
    suffixFlag,
    ttlFlag,
  ],
  examples: [
    [
      'muster dns serve --domain cluster.example.com --listen 10.0.0.9:53 --endpoints http://10.0.0.1:2379',
      'follows a cluster',
    ],
    [
      'muster dns serve --listen 10.0.0.9:53 --member a=http://10.0.0.1:2380 --member b=http://10.0.0.2:2380',
      'for two that bootstrap',
    ],
  ],
  run: async (input) => (await import('../app.js')).runDnsServe(input),
};

export const dns: CommandGroup = {
  name: 'dns',
  summary: 'let etcd and its clients find a cluster by DNS',
  description: 'Lets etcd and its clients find a cluster by DNS SRV records.',
  commands: [zone, serve],
};
