// SPDX-License-Identifier: Apache-2.0

import { type Command, outputFlag } from '../command.js';
import { version as number } from '../version.js';

export const version: Command = {
  name: 'version',
  summary: 'print the version',
  description: 'Prints the version of muster and of the Node.js it runs on.',
  args: [],
  flags: [outputFlag],
  examples: [['muster version -o json', 'for programs']],
  async run({ flags }) {
    const versions = { muster: number, node: process.versions.node };
    if (flags.output === 'json') process.stdout.write(`${JSON.stringify(versions)}\n`);
    else process.stdout.write(`muster ${versions.muster} (Node.js ${versions.node})\n`);
    return 0;
  },
};
