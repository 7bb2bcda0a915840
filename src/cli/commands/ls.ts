// SPDX-License-Identifier: Apache-2.0

import { type Command, endpointsFlag, fileFlag, outputFlag } from '../command.js';

export const ls: Command = {
  name: 'ls',
  summary: 'list keys of the store as a tree',
  description: 'Lists what is in a directory. Names that begin with _ are hidden until they are named.',
  args: [{ name: '[directory]', description: '/ when left out' }],
  flags: [
    fileFlag,
    endpointsFlag,
    outputFlag,
    { name: '-r, --recursive', description: 'with all that is below' },
  ],
  examples: [
    ['muster ls --recursive /', 'all that is not hidden'],
    ['muster ls --recursive /_coreos.com', 'a hidden directory, by its name'],
  ],
  run: async (input) => (await import('../app.js')).runLs(input),
};
