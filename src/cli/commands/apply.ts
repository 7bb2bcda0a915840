// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag, outputFlag } from '../command.js';

export const apply: Command = {
  name: 'apply',
  summary: 'send changed configuration to running machines',
  description: [
    'Applies the edited files without a reboot: sends each running machine its configuration, one after the other. The machine',
    'changes only what differs, and restarts units whose files changed. The next one follows when it is well: everything',
    'was done, no unit failed, the store is whole. The first that does not get well ends it, exit code 1; run it again to go',
    'on. What takes a reboot is told. Machines that have it all and did not drift are left alone; those that are off take it',
    'when they boot.',
  ].join('\n'),
  args: [{ name: '[machine...]', description: 'machines; all when left out' }],
  flags: [
    fileFlag,
    outputFlag,
    { name: '--dry-run', description: 'show what would change, and on which machines' },
    { name: '--timeout <seconds>', description: 'how long a machine may take to get well', default: '60' },
    { name: '--settle <seconds>', description: 'how long it has to stay so', default: '3' },
  ],
  examples: [
    ['muster apply --dry-run', 'what would change'],
    ['muster apply core-01', 'try it on one machine'],
    ['muster apply', 'then on all others; also mends machines that drifted'],
  ],
  run: async (input) => (await import('../app.js')).runApply(input),
};
