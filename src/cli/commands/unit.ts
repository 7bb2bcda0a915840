// SPDX-License-Identifier: Apache-2.0

import {
  type Command,
  type CommandGroup,
  endpointsFlag,
  type Flag,
  fileFlag,
  outputFlag,
} from '../command.js';

const noBlock: Flag = { name: '--no-block', description: 'do not wait for the machines to follow' };
const timeout: Flag = { name: '--timeout <seconds>', description: 'how long to wait', default: '60' };
const replace: Flag = { name: '--replace', description: 'give units that are there already the new text' };
const unitsArg = {
  name: '<unit...>',
  description:
    'names, or paths of unit files; web@{1..3}.service stands for three, globs for those there are',
};
const moving = [fileFlag, endpointsFlag, noBlock, timeout];

function change(
  name: string,
  summary: string,
  description: string,
  flags: readonly Flag[],
  examples: Command['examples'],
): Command {
  return {
    name,
    summary,
    description,
    args: [unitsArg],
    flags,
    examples,
    run: async (input) => (await import('../app.js')).runUnitChange(name)(input),
  };
}

const list: Command = {
  name: 'list',
  summary: 'list units, where they run and how they do',
  description: 'One row for each unit and machine.',
  args: [],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [
    ['muster unit list', 'a table'],
    ['muster unit list -o json', 'for programs'],
  ],
  run: async (input) => (await import('../app.js')).runUnitList(input),
};

const listFiles: Command = {
  name: 'list-files',
  summary: 'list units as they were submitted',
  description: 'One row for each unit: its text, what it should be and what it is.',
  args: [],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [['muster unit list-files', 'a table']],
  run: async (input) => (await import('../app.js')).runUnitListFiles(input),
};

const status: Command = {
  name: 'status',
  summary: 'tell how units do, machine by machine',
  description:
    'Tells for each unit where it is, how it does there and why it failed. 1 when one that is to run does not.',
  args: [{ name: '<unit...>', description: 'names or globs' }],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [['muster unit status web.service', '']],
  run: async (input) => (await import('../app.js')).runUnitStatus(input),
};

const verify: Command = {
  name: 'verify',
  summary: 'check unit files',
  description:
    'Checks unit files as a submission does and tells all that is wrong, by line. No cluster is needed.',
  args: [{ name: '<path...>', description: 'unit files, quadlets among them' }],
  flags: [outputFlag],
  examples: [['muster unit verify web.service', 'exit code 1 when it would be refused']],
  run: async (input) => (await import('../app.js')).runUnitVerify(input),
};

const onMachine: Flag = { name: '--machine <name>', description: 'of the machines that have it, this one' };

const logs: Command = {
  name: 'logs',
  summary: 'print what a unit printed',
  description: 'Prints the output of a unit from the machine that has it.',
  args: [{ name: '<unit>', description: 'its name' }],
  flags: [
    { name: '--file <path>', description: 'cluster file; otherwise cluster.yaml here or in a folder above' },
    { name: '-f, --follow', description: 'go on with what is said from now on, until ^C' },
    { name: '--lines <count>', description: 'the last so many', default: '100' },
    onMachine,
  ],
  examples: [
    ['muster unit logs web.service', ''],
    ['muster unit logs web.service -f', 'and what comes'],
  ],
  run: async (input) => (await import('../app.js')).runUnitLogs(input),
};

const ssh: Command = {
  name: 'ssh',
  summary: 'a shell, or one command, on the machine of a unit',
  description: 'As `muster ssh`, on the machine that has the unit.',
  args: [
    { name: '<unit>', description: 'its name' },
    { name: '[command...]', description: 'what to run, after --' },
  ],
  flags: [fileFlag, onMachine],
  examples: [['muster unit ssh web.service -- ps', 'one command']],
  passesThrough: true,
  run: async (input) => (await import('../app.js')).runUnitSsh(input),
};

const rebalance: Command = {
  name: 'rebalance',
  summary: 'even out the machines',
  description: [
    'Shows which units would move so that the machines have about as many each. With --yes they move, one at a time for',
    'each machine and each template, and it ends when one does not come up.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    endpointsFlag,
    outputFlag,
    { name: '-y, --yes', description: 'move them' },
    noBlock,
    { name: '--timeout <seconds>', description: 'how long to wait', default: '600' },
  ],
  examples: [
    ['muster unit rebalance', 'a preview'],
    ['muster unit rebalance --yes', 'do it'],
  ],
  run: async (input) => (await import('../app.js')).runUnitRebalance(input),
};

const cat: Command = {
  name: 'cat',
  summary: 'print the text of a unit',
  description: 'Prints the text of a unit as the registry has it.',
  args: [{ name: '<unit>', description: 'its name' }],
  flags: [fileFlag, endpointsFlag],
  examples: [['muster unit cat web.service', '']],
  run: async (input) => (await import('../app.js')).runUnitCat(input),
};

const why: Command = {
  name: 'why',
  summary: 'say why a unit is where it is, or nowhere',
  description: 'Says for each machine what speaks against the unit there.',
  args: [{ name: '<unit>', description: 'its name' }],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [['muster unit why web.service', 'a line for each machine']],
  run: async (input) => (await import('../app.js')).runUnitWhy(input),
};

export const unit: CommandGroup = {
  name: 'unit',
  summary: 'run systemd units over the machines of the cluster',
  description: 'Submits units to the cluster, which places them on machines and keeps them running.',
  commands: [
    change(
      'submit',
      'put units into the registry',
      'Checks unit files and puts them into the registry. Nothing runs yet.',
      [fileFlag, endpointsFlag, replace],
      [['muster unit submit web.service', 'from a file here']],
    ),
    change(
      'load',
      'give units to machines without starting them',
      'Submits what is a file here and gives the units to machines.',
      [...moving, replace],
      [['muster unit load web.service', 'placed, not started']],
    ),
    change(
      'start',
      'run units',
      'Submits what is a file here, gives the units to machines and starts them there. Ends at once when one fails.',
      [...moving, replace],
      [
        ['muster unit start web.service', 'and wait until it runs'],
        ['muster unit start web@{1..3}.service', 'three instances of web@.service'],
      ],
    ),
    change('stop', 'stop units where they are', 'Stops units; they stay on their machines.', moving, [
      ["muster unit stop 'web@*.service'", 'all instances'],
    ]),
    change(
      'unload',
      'take units from their machines',
      'Stops units and takes them from their machines; the registry keeps them.',
      moving,
      [['muster unit unload web.service', '']],
    ),
    change(
      'restart',
      'restart units where they run',
      'Asks for a restart on the machines that run the units.',
      [fileFlag, endpointsFlag],
      [['muster unit restart web.service', '']],
    ),
    change(
      'destroy',
      'take units out of the registry',
      'Stops units and takes them out of the registry.',
      moving,
      [['muster unit destroy web.service', '']],
    ),
    cat,
    list,
    listFiles,
    logs,
    rebalance,
    ssh,
    status,
    verify,
    why,
  ],
};
