// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const events: Command = {
  name: 'events',
  summary: 'show what happened to machines and members, and why',
  description: [
    'Shows the log of the etcd cluster that the machines run: who was added, removed and promoted, when, and why (the',
    'last 1000 are kept); and each stage of the last boot of every machine.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--follow', description: 'go on until ^C, one line for each event' },
    { name: '-n, --lines <number>', description: 'how many of the latest', default: '100' },
  ],
  examples: [
    ['muster events', 'the latest hundred'],
    ['muster events --follow -o json', 'one JSON line each, as they happen'],
  ],
  run: async (input) => (await import('../app.js')).runEvents(input),
};
