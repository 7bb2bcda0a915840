// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const reboot: Command = {
  name: 'reboot',
  summary: 'reboot machines under the lock, wait until they are well',
  description: [
    'Powers machines off and on again, with an empty disk, and waits until each has joined anew and is well.',
    '',
    'They go one after another, each under the reboot lock: it is drained, takes the lock, reboots, and gives it back once it',
    'is well. It stops at the first that does not get through, and that one keeps its place so that nobody else follows.',
    '`--rolling` takes all machines, those that cost the store no vote first and its leader last; it can be gone on with.',
  ].join('\n'),
  args: [{ name: '[name...]', description: 'the machines; with --rolling all when left out' }],
  flags: [
    fileFlag,
    { name: '--rolling', description: 'all machines, and remember how far it came' },
    { name: '--image <name>', description: 'with --rolling: set the image in the cluster file first' },
    { name: '--resume', description: 'with --rolling: go on where the last one stopped' },
    { name: '--restart', description: 'with --rolling: begin anew, whatever was left of the last one' },
    { name: '--group <name>', description: 'whose lock is taken', default: 'default' },
    { name: '--wait <seconds>', description: 'how long to wait for the lock', default: '600' },
    {
      name: '--timeout <seconds>',
      description:
        'how long each may take to be back, and then to be well; 60, and 300 for virtual machines, when left out',
    },
    { name: '--no-lock', description: 'all at once, and neither ask for the lock nor take it' },
    {
      name: '--discard',
      description: 'also when the store’s members left are too few to go on; without the lock',
    },
  ],
  examples: [
    ['muster reboot core-02', 'one machine'],
    ['muster reboot --rolling', 'all, one after another'],
    ['muster reboot --rolling --image web-2', 'into another image'],
    ['muster reboot --rolling --resume', 'after what stopped it was mended'],
  ],
  run: async (input) => (await import('../app.js')).runReboot(input),
};
