// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const down: Command = {
  name: 'down',
  summary: 'power off the machines and end the control process',
  description: [
    'Powers off all machines and ends the control process; what the store holds stays for the next `muster up`.',
    'Where the machines run etcd, all of it is saved first, since their disks are empty when they boot again.',
    'Given names, powers off those machines and leaves the rest running.',
  ].join('\n'),
  args: [{ name: '[name...]', description: 'machines; all, and the control process, when left out' }],
  flags: [fileFlag, { name: '--discard', description: 'give up what the machines’ own store holds' }],
  examples: [
    ['muster down', 'everything'],
    ['muster down core-03', 'one machine'],
  ],
  run: async (input) => (await import('../app.js')).runDown(input),
};
