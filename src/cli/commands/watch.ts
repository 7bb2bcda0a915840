// SPDX-License-Identifier: Apache-2.0

import { type Command, endpointsFlag, fileFlag } from '../command.js';

export const watch: Command = {
  name: 'watch',
  summary: 'print changes of a key as they happen',
  description:
    'Waits for the next change of a key and prints the new value; with --forever goes on until ^C.',
  args: [{ name: '<key>', description: 'its whole path' }],
  flags: [
    fileFlag,
    endpointsFlag,
    { name: '-r, --recursive', description: 'of all keys below it as well' },
    { name: '--forever', description: 'every change, until ^C' },
  ],
  examples: [
    ['muster watch /message', 'the next change'],
    ['muster watch --recursive --forever /_coreos.com/fleet/machines', 'machines that come and go'],
  ],
  run: async (input) => (await import('../app.js')).runWatch(input),
};
