// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.js';

export const logs: Command = {
  name: 'logs',
  summary: 'print what a machine or the control process said',
  description:
    'Prints the console of a machine, the output of one of its units, or the log of the control process.',
  args: [{ name: '[name]', description: 'the machine; left out with --control' }],
  flags: [
    { name: '--file <path>', description: 'cluster file; otherwise cluster.yaml here or in a folder above' },
    { name: '-f, --follow', description: 'go on with what is said from now on, until ^C' },
    { name: '-u, --unit <unit>', description: 'the output of this unit instead of the console' },
    {
      name: '--lines <n>',
      description: 'of a unit: the last so many',
      default: '100',
    },
    { name: '--control', description: 'the log of the control process' },
  ],
  examples: [
    ['muster logs core-01', 'its console'],
    ['muster logs core-01 -f', 'and what comes'],
    ['muster logs core-01 --unit hello.service', 'what a unit printed'],
    ['muster logs --control', 'the control process'],
  ],
  run: async (input) => (await import('../app.js')).runLogs(input),
};
