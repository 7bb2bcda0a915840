// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.js';

export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of the cluster file',
  description: 'Prints the JSON Schema of the cluster file, so that an editor can complete and check it.',
  args: [],
  flags: [],
  examples: [
    ['muster schema > cluster.schema.json', ''],
    ["sed -i '1i # yaml-language-server: $schema=cluster.schema.json' cluster.yaml", 'make an editor use it'],
  ],
  run: async (input) => (await import('../app.js')).runSchema(input),
};
