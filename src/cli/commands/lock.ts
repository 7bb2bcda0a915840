// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, endpointsFlag, fileFlag, outputFlag } from '../command.js';

const groupFlag = { name: '--group <name>', description: 'whose lock', default: 'default' };
const idArg = {
  name: '[machine]',
  description: 'name of a machine, or any ID; this computer’s machine ID when left out',
};
const shared = [fileFlag, endpointsFlag, groupFlag, outputFlag];

const status: Command = {
  name: 'status',
  summary: 'show who holds the reboot lock and who waits',
  description: [
    'Shows how many places are free, who holds one, since when and how far he is, and who waits. Nothing is written.',
  ].join('\n'),
  args: [],
  flags: shared,
  examples: [
    ['muster lock status', 'of this cluster'],
    ['muster lock status --endpoints http://172.17.8.101:2379', 'of any etcd that locksmith uses'],
  ],
  run: async (input) => (await import('../app.js')).runLockStatus(input),
};

const setMax: Command = {
  name: 'set-max',
  summary: 'set how many machines may reboot at once',
  description: [
    'Sets the number of places, or a share of the machines; 0 freezes all reboots. It counts until the cluster file says',
    'something else than before. Holders stay. It ends a pause only when given by locksmithctl.',
  ].join('\n'),
  args: [{ name: '<slots>', description: 'a number, or a share like 25%' }],
  flags: shared,
  examples: [
    ['muster lock set-max 2', ''],
    ['muster lock set-max 25%', 'of the cluster’s machines'],
  ],
  run: async (input) => (await import('../app.js')).runLockSetMax(input),
};

const acquire: Command = {
  name: 'acquire',
  summary: 'take a place in the reboot lock',
  description: [
    'Takes a place for a machine, or for any ID; whoever holds one keeps it. A member of the store is given one only while',
    'the store can do without it. Nobody releases it but you, or `muster lock release`.',
  ].join('\n'),
  args: [idArg],
  flags: [
    ...shared,
    { name: '--wait <seconds>', description: 'how long to wait for a place; not at all when left out' },
  ],
  examples: [
    ['muster lock acquire core-02', 'before working on its hardware'],
    ['muster lock acquire --wait 600', 'for this computer, as soon as there is a place'],
  ],
  run: async (input) => (await import('../app.js')).runLockAcquire(input),
};

const release: Command = {
  name: 'release',
  summary: 'give back a place in the reboot lock',
  description: 'Gives back the place of any holder, whoever took it and by whatever way.',
  args: [idArg],
  flags: shared,
  examples: [['muster lock release core-02', '']],
  run: async (input) => (await import('../app.js')).runLockRelease(input),
};

const pause: Command = {
  name: 'pause',
  summary: 'give the reboot lock to nobody',
  description: [
    'Gives the lock to nobody, by FleetLock and by locksmithctl neither, which sees a maximum of 0. Holders stay.',
  ].join('\n'),
  args: [],
  flags: [...shared, { name: '--reason <text>', description: 'shown to those who ask' }],
  examples: [['muster lock pause --reason "release freeze"', '']],
  run: async (input) => (await import('../app.js')).runLockPause(input),
};

const resume: Command = {
  name: 'resume',
  summary: 'end a pause',
  description: 'Ends a pause, by hand or after reboots that went wrong, which are forgiven.',
  args: [],
  flags: shared,
  examples: [['muster lock resume', '']],
  run: async (input) => (await import('../app.js')).runLockResume(input),
};

export const lock: CommandGroup = {
  name: 'lock',
  summary: 'show and change who may reboot',
  description: [
    'The reboot lock: at most so many machines of a group reboot at once. It is the semaphore of locksmith, and what',
    'locksmithctl writes into it counts; the control process serves it by the FleetLock protocol too.',
  ].join('\n'),
  commands: [status, setMax, acquire, release, pause, resume],
};
