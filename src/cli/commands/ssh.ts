// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const ssh: Command = {
  name: 'ssh',
  summary: 'a shell on a machine, or one command',
  description: [
    "Opens a shell in a machine's environment, or runs one command there and returns its exit code. On a local",
    'machine that is a shell in its node root, with ETCDCTL_ENDPOINTS set so that etcdctl needs no options.',
  ].join('\n'),
  args: [
    { name: '<name>', description: 'the machine' },
    { name: '[command...]', description: 'what to run, after --' },
  ],
  flags: [fileFlag],
  examples: [
    ['muster ssh core-03', 'a shell'],
    ['muster ssh core-03 -- etcdctl get --prefix --keys-only /', 'one command'],
  ],
  passesThrough: true,
  run: async (input) => (await import('../app.js')).runSsh(input),
};
