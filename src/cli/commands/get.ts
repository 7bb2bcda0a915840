// SPDX-License-Identifier: Apache-2.0

import { type Command, endpointsFlag, fileFlag } from '../command.js';

export const get: Command = {
  name: 'get',
  summary: 'print the value of a key',
  description: 'Prints a value; JSON objects are laid out for reading, unless --raw.',
  args: [{ name: '<key>', description: 'its whole path' }],
  flags: [fileFlag, endpointsFlag, { name: '--raw', description: 'the bytes as they are, with no newline' }],
  examples: [['muster get /coreos.com/updateengine/rebootlock/semaphore', 'who may reboot']],
  run: async (input) => (await import('../app.js')).runGet(input),
};
