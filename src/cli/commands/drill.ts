// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const drill: Command = {
  name: 'drill',
  summary: 'strike machines on purpose, see the cluster mend itself',
  description: [
    'Strikes machines of a local cluster that runs etcd, one episode after another, while clients write and read. Says',
    'how long it took until the cluster was whole, and whether an acknowledged write was lost or a read went wrong.',
    '',
    'Faults: wipe (the power fails, and the machine boots with an empty disk), kill (etcd is killed), partition (links',
    'between machines lose everything for a while, while clients go on reaching all of them). Exit code 1 when anything',
    'was lost or stayed broken.',
    '',
    'A partition needs machines with interfaces of their own (`provider: {name: local, network: namespaces}`, on Linux as',
    'root); machines that share the loopback stand still instead, and the report says "standstill". Sides: leader (it is',
    'cut off, with --machines in all), followers (--machines of them are), split (no side has a majority), one-way (the',
    'leader hears and is not heard), or names, with / between sides; left out: each kind in turn. Cut makes a partition',
    'that stays until heal; "control" on a side is the control process.',
  ].join('\n'),
  args: [{ name: '<fault>', description: 'wipe, kill, partition, cut or heal' }],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--count <number>', description: 'how many episodes', default: '1' },
    { name: '--machines <number>', description: 'how many machines at once', default: '1' },
    { name: '--sides <sides>', description: 'of a partition: a kind, or names' },
    { name: '--hold <seconds>', description: 'how long a partition lasts', default: '5' },
    { name: '--timeout <seconds>', description: 'how long one episode may take', default: '60' },
  ],
  examples: [
    ['muster drill wipe', 'one machine loses its disk'],
    ['muster drill wipe --count 20 -o json', 'twenty times, figures for programs'],
    ['muster drill partition --count 4', 'four kinds of partition, one after another'],
    ['muster drill partition --sides leader --machines 2', 'the leader and one more against the rest'],
    ['muster drill cut --sides core-01/core-02,core-03', 'until `muster drill heal`'],
  ],
  run: async (input) => (await import('../app.js')).runDrill(input),
};
