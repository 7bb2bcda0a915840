// SPDX-License-Identifier: Apache-2.0

import { type Command, fileFlag } from '../command.js';

export const serve: Command = {
  name: 'serve',
  summary: 'the control process alone, in the foreground',
  description: [
    'Runs store, boot server, engine and status of one cluster until SIGTERM or ^C, with its log as JSON lines on',
    'standard output: for a service manager. `muster up` starts the same in the background. One runs per cluster.',
  ].join('\n'),
  args: [],
  flags: [fileFlag],
  examples: [
    ['muster serve', 'until ^C'],
    ['muster serve -f /etc/muster/cluster.yaml', 'as ExecStart= of a systemd unit'],
  ],
  run: async (input) => (await import('../app.js')).runServe(input),
};
