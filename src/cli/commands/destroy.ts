// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const destroy: Command = {
  name: 'destroy',
  summary: 'remove the cluster with all it stored',
  description: 'Powers everything off and removes machines, store and addresses. The cluster file stays.',
  args: [],
  flags: [fileFlag, { name: '-y, --yes', description: 'do not ask' }],
  examples: [
    ['muster destroy', 'asks first'],
    ['muster destroy --yes', 'for scripts'],
  ],
  run: async (input) => (await import('../app.js')).runDestroy(input),
};
