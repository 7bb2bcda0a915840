// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.js';

export const completion: Command = {
  name: 'completion',
  summary: 'print a completion script for a shell',
  description: 'Prints a script that completes commands, flags and machine names.',
  args: [{ name: '<shell>', description: 'bash, zsh or fish' }],
  flags: [],
  examples: [
    ['source <(muster completion bash)', 'in this shell'],
    ['muster completion fish > ~/.config/fish/completions/muster.fish', 'for good'],
  ],
  run: async (input) => (await import('../app.js')).runCompletion(input),
};
