// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const drill: Command = {
  name: 'drill',
  summary: 'strike machines on purpose, see the cluster mend itself',
  description: [
    'Strikes machines of a local cluster that runs etcd, one episode after another, while clients write and read. Says',
    'how long it took until the cluster was whole, and whether an acknowledged write was lost or a read went wrong.',
    '',
    'Faults: wipe (the power fails, and the machine boots with an empty disk), kill (etcd is killed), partition (the',
    'machine stands still for three seconds, so that nobody reaches it). Exit code 1 when anything was lost or stayed broken.',
  ].join('\n'),
  args: [{ name: '<fault>', description: 'wipe, kill or partition' }],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--count <number>', description: 'how many episodes', default: '1' },
    { name: '--machines <number>', description: 'how many machines at once', default: '1' },
    { name: '--timeout <seconds>', description: 'how long one episode may take', default: '60' },
  ],
  examples: [
    ['muster drill wipe', 'one machine loses its disk'],
    ['muster drill wipe --count 20 -o json', 'twenty times, figures for programs'],
    ['muster drill partition --machines 2', 'no quorum for three seconds'],
  ],
  run: async (input) => (await import('../app.js')).runDrill(input),
};
