// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, endpointsFlag, fileFlag, outputFlag } from '../command.js';

const memberArg = {
  name: '<member>',
  description: 'ID, name or peer URL; an ID that could be a name is written 0xID',
};
const timeoutFlag = (seconds: number) => ({
  name: '--timeout <seconds>',
  description: 'how long to try again while etcd refuses for now',
  default: String(seconds),
});

const list: Command = {
  name: 'list',
  summary: 'show the members of an etcd cluster',
  description: [
    'Shows the members of the cluster. `simple` prints the lines of `etcdctl member list`, `v2` those of',
    '`ETCDCTL_API=2 etcdctl member list`.',
  ].join('\n'),
  args: [],
  flags: [fileFlag, endpointsFlag, { ...outputFlag, choices: ['table', 'json', 'simple', 'v2'] }],
  examples: [
    ['muster member list', 'of this cluster'],
    ['muster member list --endpoints http://172.17.8.101:2379 -o v2', 'of any other, a line each'],
  ],
  run: async (input) => (await import('../app.js')).runMemberList(input),
};

const add: Command = {
  name: 'add',
  summary: 'add a member, and print what its machine needs',
  description: [
    'Adds a member to the cluster and prints what the etcd of its machine is to be started with: as environment, and as',
    'cloud-config. With --format nothing else is on standard output.',
    '',
    'A learner has no vote until it is promoted and cannot stop the cluster. A voter added to a cluster of one stops all',
    'writes until it runs, which has to be confirmed with --yes.',
  ].join('\n'),
  args: [
    { name: '<name>', description: 'of the new member' },
    { name: '<peer-url...>', description: 'where the others reach it, http://ADDRESS:2380' },
  ],
  flags: [
    fileFlag,
    endpointsFlag,
    { name: '--learner', description: 'without a vote, until `muster member promote`' },
    { name: '--yes', description: 'add a voter to a cluster of one all the same' },
    {
      name: '--format <format>',
      description: 'print only this',
      choices: ['env', 'cloud-config', 'flags'],
    },
    timeoutFlag(10),
    outputFlag,
  ],
  examples: [
    ['muster member add core-04 http://172.17.8.104:2380 --learner', 'then start it, then promote it'],
    ['muster member add core-04 http://172.17.8.104:2380 --format env', 'for an environment file'],
  ],
  run: async (input) => (await import('../app.js')).runMemberAdd(input),
};

const remove: Command = {
  name: 'remove',
  summary: 'remove a member for good',
  description: [
    'Removes a member; it never comes back under its ID. Refused when those that are left and run would be no quorum.',
  ].join('\n'),
  args: [memberArg],
  flags: [
    fileFlag,
    endpointsFlag,
    { name: '--force', description: 'leave it to etcd whether enough members are left' },
    timeoutFlag(10),
  ],
  examples: [
    ['muster member remove core-03', 'its machine is gone, or its disk'],
    ['muster member remove 94ba962b643dc411', 'one that was never started has no name'],
  ],
  run: async (input) => (await import('../app.js')).runMemberRemove(input),
};

const promote: Command = {
  name: 'promote',
  summary: 'give a learner its vote',
  description: 'Makes a learner a voter, as soon as it has caught up with the leader.',
  args: [memberArg],
  flags: [fileFlag, endpointsFlag, timeoutFlag(30)],
  examples: [['muster member promote core-04', 'once its etcd runs']],
  run: async (input) => (await import('../app.js')).runMemberPromote(input),
};

const update: Command = {
  name: 'update',
  summary: 'change the peer URLs of a member',
  description: [
    'Changes the peer URLs of a member: before it moves, and while it keeps its data. Not of a learner, because etcd',
    'would take it for a voter from then on.',
  ].join('\n'),
  args: [memberArg, { name: '<peer-url...>', description: 'all of them, in place of the old ones' }],
  flags: [fileFlag, endpointsFlag],
  examples: [['muster member update core-02 http://172.17.8.112:2380', 'then start it there']],
  run: async (input) => (await import('../app.js')).runMemberUpdate(input),
};

export const member: CommandGroup = {
  name: 'member',
  summary: 'list, add and remove the members of an etcd cluster',
  description: 'Looks after the members of an etcd cluster: this one, or any other by --endpoints.',
  commands: [list, add, remove, promote, update],
};
