// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, fileFlag, outputFlag } from '../command.js';

const render: Command = {
  name: 'render',
  summary: 'print the user-data that a machine gets',
  description: [
    'Prints, byte for byte, what the machine is served when it boots: the user-data of the cluster with the machine’s own',
    'laid over it, its variables filled in. It is made of the files on the disk; with --applied, of what was applied last.',
  ].join('\n'),
  args: [{ name: '<machine>', description: 'as the cluster file names it' }],
  flags: [fileFlag, { name: '--applied', description: 'what was applied last, whatever the files say now' }],
  examples: [
    ['muster config render core-01', 'of the files as they are now'],
    ['muster config render core-01 --applied', 'what it would boot with at this moment'],
  ],
  run: async (input) => (await import('../app.js')).runConfigRender(input),
};

const diff: Command = {
  name: 'diff',
  summary: 'show what applying the edited files would change',
  description: [
    'Holds the files on the disk against what was applied last, and shows for each machine what would change: its fields',
    'in the cluster file, and its user-data as a unified diff. Nothing is written.',
    '',
    'Exit code 0 when nothing would change, 3 when something would, 1 when it cannot be told.',
  ].join('\n'),
  args: [{ name: '[machine...]', description: 'machines; all when left out' }],
  flags: [fileFlag, outputFlag],
  examples: [
    ['muster config diff', 'before `muster apply`'],
    ['muster config diff core-02 -o json', 'for programs'],
  ],
  run: async (input) => (await import('../app.js')).runConfigDiff(input),
};

export const config: CommandGroup = {
  name: 'config',
  summary: 'look at and apply machine configuration',
  description: 'Shows, compares and applies the configuration of machines.',
  commands: [render, diff],
};
