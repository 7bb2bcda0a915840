// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, fileFlag, outputFlag } from '../command.js';

const list: Command = {
  name: 'list',
  summary: 'show the backups, and check each',
  description:
    'Reads every backup from end to end: time, revision, size, and whether it is whole. Exit code 1 when one is not.',
  args: [],
  flags: [fileFlag, outputFlag],
  examples: [['muster backup list', 'newest first']],
  run: async (input) => (await import('../app.js')).runBackupList(input),
};

const now: Command = {
  name: 'now',
  summary: 'take a backup at once',
  description: [
    'Saves what a voter has, with a quorum behind it, into the folder of the backups, and reads it back. It counts among',
    'those that `backup.keep` of the cluster file lets stay.',
  ].join('\n'),
  args: [],
  flags: [fileFlag, outputFlag],
  examples: [['muster backup now', 'before something risky']],
  run: async (input) => (await import('../app.js')).runBackupNow(input),
};

export const backup: CommandGroup = {
  name: 'backup',
  summary: 'look after backups of the machines’ etcd',
  description: 'Looks after backups of the etcd cluster that the machines run.',
  commands: [list, now],
};
