// SPDX-License-Identifier: Apache-2.0

import { type Command, endpointsFlag, fileFlag } from '../command.js';

export const rm: Command = {
  name: 'rm',
  summary: 'remove a key, or a directory',
  description: 'Removes a key; with --recursive a directory and all below it.',
  args: [{ name: '<key>', description: 'its whole path' }],
  flags: [fileFlag, endpointsFlag, { name: '-r, --recursive', description: 'a directory with all below it' }],
  examples: [
    ['muster rm /message', ''],
    ['muster rm --recursive /app', 'everything below /app'],
  ],
  run: async (input) => (await import('../app.js')).runRm(input),
};
