// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.js';

export const init: Command = {
  name: 'init',
  summary: 'write a commented cluster.yaml and user-data',
  description: 'Writes the two files that describe a cluster, with every default spelled out, to start from.',
  args: [{ name: '[folder]', description: 'where; this folder when left out' }],
  flags: [
    { name: '--name <name>', description: 'name of the cluster', default: 'muster' },
    { name: '--force', description: 'replace files that exist' },
  ],
  examples: [
    ['muster init', 'cluster.yaml and user-data here'],
    ['muster init site --name edge-7', 'in a folder of their own'],
  ],
  run: async (input) => (await import('../app.js')).runInit(input),
};
