// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const machines: Command = {
  name: 'machines',
  summary: 'list the machines',
  description: 'Lists the machines of the cluster file with their state. Exit code 0 whatever their state.',
  args: [],
  flags: [fileFlag, outputFlag],
  examples: [
    ['muster machines', 'a table'],
    ['muster machines -o json', 'a list, for programs'],
  ],
  run: async (input) => (await import('../app.js')).runMachines(input),
};
