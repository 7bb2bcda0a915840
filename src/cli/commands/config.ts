// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, fileFlag, outputFlag } from '../command.js';

const render: Command = {
  name: 'render',
  summary: 'print the user-data that a machine gets',
  description: [
    'Prints, byte for byte, what the machine is served when it boots: the user-data of the cluster with the machine’s own',
    'laid over it, its variables filled in. It is made of the files on the disk; with --applied, of what was applied last.',
  ].join('\n'),
  args: [{ name: '<machine>', description: 'as the cluster file names it' }],
  flags: [fileFlag, { name: '--applied', description: 'what was applied last, whatever the files say now' }],
  examples: [
    ['muster config render core-01', 'of the files as they are now'],
    ['muster config render core-01 --applied', 'what it would boot with at this moment'],
  ],
  run: async (input) => (await import('../app.js')).runConfigRender(input),
};

const diff: Command = {
  name: 'diff',
  summary: 'show what applying the edited files would change',
  description: [
    'Holds the files on the disk against what was applied last, and shows for each machine what would change: its fields',
    'in the cluster file, and its user-data as a unified diff. Nothing is written.',
    '',
    'Exit code 0 when nothing would change, 3 when something would, 1 when it cannot be told.',
  ].join('\n'),
  args: [{ name: '[machine...]', description: 'machines; all when left out' }],
  flags: [fileFlag, outputFlag],
  examples: [
    ['muster config diff', 'before `muster apply`'],
    ['muster config diff core-02 -o json', 'for programs'],
  ],
  run: async (input) => (await import('../app.js')).runConfigDiff(input),
};

const drift: Command = {
  name: 'drift',
  summary: 'show what on machines is not as configured',
  description: [
    'Shows what was changed by hand on machines, which of them follow an older configuration than the one applied last, and',
    'what changes at their next boot only. Machines look every ten seconds. Exit code 0 when every machine is as it was',
    'configured, 3 when one is not.',
  ].join('\n'),
  args: [{ name: '[machine...]', description: 'machines; all when left out' }],
  flags: [fileFlag, outputFlag],
  examples: [
    ['muster config drift', 'then `muster apply` mends it'],
    ['muster config drift core-01 -o json', 'for programs'],
  ],
  run: async (input) => (await import('../app.js')).runConfigDrift(input),
};

const apply: Command = {
  name: 'apply',
  summary: 'apply a cloud-config to this very machine',
  description: [
    'Applies user-data to the machine that it runs on, as coreos-cloudinit did, or to a system below a folder: looks what is',
    'lacking, then does that, in the original’s order. A second run does nothing. One step that fails does not keep the',
    'others from being done; exit code 1 then. Variables are filled in from COREOS_PRIVATE_IPV4, COREOS_PUBLIC_IPV4 and',
    'their kin, in the environment or in /etc/environment. For the machines of a cluster there is `muster apply`.',
  ].join('\n'),
  args: [{ name: '[file]', description: 'user-data; - for standard input' }],
  flags: [
    { name: '--root <folder>', description: 'the / that is configured: / is this very machine' },
    { name: '--dry-run', description: 'print what would be done, and why' },
    { name: '--from-url <url>', description: 'fetch the user-data; tried 15 times' },
    {
      name: '--from-proc-cmdline',
      description: 'fetch it from cloud-config-url= of the kernel command line',
    },
    { name: '--ca-file <file>', description: 'the only authorities that count for https' },
    outputFlag,
  ],
  examples: [
    ['muster config apply user-data --root / --dry-run', 'what would be done here, and why'],
    ['muster config apply --from-proc-cmdline --root /', 'at boot, as a service'],
    ['muster config apply user-data --root /mnt/image', 'into an image; units are enabled and not started'],
  ],
  run: async (input) => (await import('../app.js')).runConfigApply(input),
};

const convert: Command = {
  name: 'convert',
  summary: 'turn user-data into Ignition, Butane or cloud-config',
  description: [
    'Reads user-data of any kind (cloud-config, a script, Ignition of spec 3; gzip of each) and prints it in another form.',
    'Everything that the other form cannot say is told on standard error, with its line and what stands for it.',
    '',
    'Exit code 0 also when things are said in another way; 1, and nothing printed, when something would be missing,',
    'unless --allow-loss is given.',
  ].join('\n'),
  args: [{ name: '<file>', description: 'user-data; - for standard input' }],
  flags: [
    {
      name: '--to <form>',
      description: 'form to print',
      choices: ['ignition', 'butane', 'cloud-config'],
      default: 'ignition',
    },
    {
      name: '--variant <system>',
      description: 'system that is to read it: Flatcar or Fedora CoreOS',
      choices: ['flatcar', 'fcos'],
      default: 'flatcar',
    },
    {
      name: '--machine <name>',
      description: 'fill variables in with what the cluster file says of this machine',
    },
    { name: '--allow-loss', description: 'print it even if something would be missing' },
    fileFlag,
  ],
  examples: [
    ['muster config convert user-data > config.ign', 'for any machine: variables are filled in at boot'],
    ['muster config convert user-data --machine core-01 > core-01.ign', 'its addresses are in it'],
    ['muster config convert user-data --to butane --variant fcos', 'to go on with by hand'],
    ['muster config convert config.ign --to cloud-config', 'and back'],
    ['muster config convert old-user-data --to cloud-config', 'the same, written anew'],
  ],
  run: async (input) => (await import('../app.js')).runConfigConvert(input),
};

const validate: Command = {
  name: 'validate',
  summary: 'tell all that is wrong with user-data',
  description: [
    'Checks files of user-data, packed with gzip or not: cloud-config in all its sections, and of scripts and Ignition',
    'configs what shows at once. Each problem has its line and column, and what would be right.',
    '',
    'Exit code 0 when no problem is an error, 1 when one is, 2 when a file cannot be read.',
  ].join('\n'),
  args: [{ name: '<file...>', description: 'files; - is standard input' }],
  flags: [
    {
      name: '-o, --output <format>',
      description: 'how to print',
      choices: ['text', 'json', 'sarif'],
      default: 'text',
    },
    { name: '--strict', description: 'a warning counts as an error' },
  ],
  examples: [
    ['muster config validate user-data', ''],
    ['curl -s http://10.0.0.1/user-data | muster config validate -', 'what is served'],
    ['muster config validate --strict -o sarif *.yaml > report.sarif', 'for a code host'],
  ],
  run: async (input) => (await import('../app.js')).runConfigValidate(input),
};

export const config: CommandGroup = {
  name: 'config',
  summary: 'check, look at and apply machine configuration',
  description: 'Checks, shows, converts, compares and applies the configuration of machines.',
  commands: [validate, render, convert, diff, drift, apply],
};
