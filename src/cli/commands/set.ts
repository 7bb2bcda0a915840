// SPDX-License-Identifier: Apache-2.0

import { type Command, endpointsFlag, fileFlag } from '../command.js';

export const set: Command = {
  name: 'set',
  summary: 'write the value of a key',
  description: 'Writes a value and prints it. The value is read from standard input when it is left out.',
  args: [
    { name: '<key>', description: 'its whole path' },
    { name: '[value]', description: 'standard input when left out' },
  ],
  flags: [fileFlag, endpointsFlag],
  examples: [
    ['muster set /message hello', ''],
    ['muster set /motd < motd.txt', 'from a file'],
  ],
  run: async (input) => (await import('../app.js')).runSet(input),
};
