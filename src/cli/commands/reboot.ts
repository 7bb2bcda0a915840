// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const reboot: Command = {
  name: 'reboot',
  summary: 'reboot machines and wait until they are back',
  description: 'Powers machines off and on again, with an empty disk, and waits until each has joined anew.',
  args: [{ name: '<name...>', description: 'the machines' }],
  flags: [
    fileFlag,
    {
      name: '--timeout <seconds>',
      description: 'how long to wait; 60, and 300 for virtual machines, when left out',
    },
    { name: '--discard', description: 'also when the store’s members left are too few to go on' },
  ],
  examples: [['muster reboot core-02', 'one machine']],
  run: async (input) => (await import('../app.js')).runReboot(input),
};
