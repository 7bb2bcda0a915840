// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const status: Command = {
  name: 'status',
  summary: 'show the cluster, its endpoints and its machines',
  description: 'Shows what is known of the cluster. Exit code 0 when every machine has joined, else 1.',
  args: [],
  flags: [fileFlag, outputFlag],
  examples: [
    ['muster status', 'a table'],
    ['muster status -o json', 'everything, for programs'],
  ],
  run: async (input) => (await import('../app.js')).runStatus(input),
};
