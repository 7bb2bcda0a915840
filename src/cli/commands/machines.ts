// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, isSet, outputFlag } from '../command.js';

export const machines: Command = {
  name: 'machines',
  summary: 'list the machines',
  description: 'Lists the machines of the cluster file with their state. Exit code 0 whatever their state.',
  args: [],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--pending', description: 'instead: machines that asked to boot and that nobody knows' },
  ],
  examples: [
    ['muster machines', 'a table'],
    ['muster machines -o json', 'a list, for programs'],
    ['muster machines --pending', 'who waits for `muster machine accept`'],
  ],
  run: async (input) => {
    const app = await import('../app.js');
    return isSet(input.flags, 'pending') ? app.runPending(input) : app.runMachines(input);
  },
};
