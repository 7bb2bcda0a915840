// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, endpointsFlag, fileFlag } from '../command.js';

const replace: Command = {
  name: 'replace',
  summary: 'give a lost machine’s place to another one',
  description: [
    'Gives the place of a machine that will not return to another: to a spare machine of the cluster file (of role proxy),',
    'with which it changes roles, or to new hardware under the old name, known by its MAC address. Changes the cluster file;',
    '`muster up` applies it, and the member of the lost machine is removed for good.',
  ].join('\n'),
  args: [{ name: '<name>', description: 'the machine that will not return' }],
  flags: [fileFlag, { name: '--with <machine>', description: 'a machine of role proxy, or a MAC address' }],
  examples: [
    ['muster machine replace core-02 --with spare-01', 'then `muster up`'],
    ['muster machine replace core-02 --with 52:54:00:aa:00:09', 'new hardware, the same name'],
  ],
  run: async (input) => (await import('../app.js')).runMachineReplace(input),
};

const accept: Command = {
  name: 'accept',
  summary: 'let in a machine that waits to boot',
  description: [
    'Adds a machine that nobody knows to the cluster file and applies that at once: within seconds it boots. `muster machines',
    '--pending` lists those that wait. A machine that has not asked yet can be named by its whole MAC address or UUID.',
  ].join('\n'),
  args: [{ name: '<mark>', description: 'its MAC address, UUID or serial number, or the end of it' }],
  flags: [
    fileFlag,
    { name: '--name <name>', description: 'its name; otherwise the first free one of core-01, core-02, …' },
    { name: '--role <role>', description: 'what it is to be', choices: ['member', 'proxy'] },
  ],
  examples: [
    ['muster machine accept 52:54:00:aa:00:09', 'as the next core-NN'],
    ['muster machine accept 00:09 --name spare-01 --role proxy', 'by the end of its MAC address'],
  ],
  run: async (input) => (await import('../app.js')).runMachineAccept(input),
};

function mark(name: string, summary: string, description: string): Command {
  return {
    name,
    summary,
    description,
    args: [{ name: '<name>', description: 'a machine that has joined, by name or ID' }],
    flags: [fileFlag, endpointsFlag],
    examples: [[`muster machine ${name} core-02`, '']],
    run: async (input) => (await import('../app.js')).runMachineMark(name)(input),
  };
}

export const machine: CommandGroup = {
  name: 'machine',
  summary: 'change single machines',
  description: 'Changes single machines of the cluster file, or what units they take.',
  commands: [
    accept,
    replace,
    mark('cordon', 'give a machine no new units', 'The units that it has stay.'),
    mark('drain', 'move the units of a machine elsewhere', 'It gets no new ones until it is uncordoned.'),
    mark('uncordon', 'give a machine units again', 'Ends a cordon or a drain; nothing moves back by itself.'),
  ],
};
