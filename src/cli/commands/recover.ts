// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const recover: Command = {
  name: 'recover',
  summary: 'make a new cluster of what is left, without a quorum',
  description: [
    'Gives up an etcd cluster that has lost its quorum for good, and makes a new one of the best that is left: the file',
    'that --from names, else what the member that is farthest has on its disk, else the newest backup that is whole. It is',
    'saved and checked before anything is wiped. The new cluster has a new ID, so that no old member can mix in.',
    '',
    'It refuses as long as a quorum answers, and while a voter of the old cluster may still be alive.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--from <snapshot>', description: 'a snapshot of etcd to make it of' },
    {
      name: '--insist <cluster>',
      description: 'the name of the cluster: go on although a voter may be alive',
    },
    { name: '--yes', description: 'do not ask for confirmation' },
    { name: '--timeout <seconds>', description: 'how long to wait until it is whole', default: '120' },
  ],
  examples: [
    ['muster recover', 'from the best survivor or the newest backup'],
    ['muster recover --from backups/2026-01-02T030405.006Z-42.db', 'from this one'],
  ],
  run: async (input) => (await import('../app.js')).runRecover(input),
};
