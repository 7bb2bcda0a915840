// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** Every error of this room. */
export const cliErrors = {
  'cli/usage': {
    message: '{problem}',
    next: '{hint}',
    httpStatus: 400,
  },
  'cli/no-cluster-file': {
    message: 'there is no cluster file at "{path}"',
    next: 'write one with `muster init`, or leave --file out to use the default cluster',
    httpStatus: 404,
  },
  'cli/bad-cluster': {
    message: 'the cluster file or its user-data has {count} to mend; nothing was started',
    next: 'mend what is listed above and run the command again',
    httpStatus: 400,
  },
  'cli/user-data-missing': {
    message: 'cannot read the user-data file "{path}": {why}',
    next: 'create the file, or change userData in the cluster file',
    httpStatus: 404,
  },
  'cli/already-running': {
    message:
      'the control process of cluster "{cluster}" already runs for this folder, as process {pid} at {url}',
    next: 'use it (`muster status`), or stop it with `muster down`',
    httpStatus: 409,
  },
  'cli/not-running': {
    message: 'the control process of this cluster is not running',
    next: 'start the cluster with `muster up`',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/control-unreachable': {
    message: 'the control process {pid} does not answer at {url}: {why}',
    next: 'look at {log}; `muster down` and then `muster up` start it anew',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/control-failed': {
    message: 'the control process did not start: {why}',
    next: '{next}',
    httpStatus: 500,
  },
  'cli/port-taken': {
    message: 'cannot listen on {address}: the port is already taken',
    next: 'end the program that uses it (`ss -ltnp` names it), or change {setting}',
    httpStatus: 503,
  },
  'cli/cannot-listen': {
    message: 'cannot listen on {address}: {why}',
    next: '{next}',
    httpStatus: 503,
  },
  'cli/needs-restart': {
    message: 'the running control process cannot take over a change of {what}',
    next: 'run `muster down` and then `muster up`',
    httpStatus: 409,
  },
  'cli/changed-meanwhile': {
    message: 'the cluster file was changed by somebody else at the same moment',
    next: 'run the command again',
    httpStatus: 409,
    retry: 'now',
  },
  'cli/unknown-machine': {
    message: 'there is no machine "{name}" in cluster "{cluster}"',
    next: 'its machines are: {known}',
    httpStatus: 404,
  },
  'cli/key-not-found': {
    message: 'there is no key "{key}"',
    next: 'list what there is with `muster ls --recursive {parent}`',
    httpStatus: 404,
  },
  'cli/is-a-directory': {
    message: '"{key}" is a directory',
    next: 'list it with `muster ls {key}`; to remove all below it use `muster rm --recursive {key}`',
    httpStatus: 400,
  },
  'cli/file-exists': {
    message: 'there is a file "{path}" already; nothing was written',
    next: 'move it away, or pass --force to replace it',
    httpStatus: 409,
  },
  'cli/not-confirmed': {
    message: 'not destroyed: nobody confirmed it',
    next: 'run it on a terminal and answer with the name of the cluster, or pass --yes',
    httpStatus: 400,
  },
  'cli/wildcard-address': {
    message: 'control.address "{address}" is no address that a machine could reach',
    next: 'name an address of this computer in the cluster file, or leave it out',
    httpStatus: 400,
  },
  'cli/no-plan': {
    message: 'the store holds no cluster file that can be followed',
    next: 'run `muster up`, which writes the one on the disk',
    httpStatus: 503,
  },
  'cli/never-up': {
    message: 'this cluster was never brought up',
    next: 'bring it up with `muster up`',
    httpStatus: 404,
  },
  'cli/no-log': {
    message: 'there is no log of unit "{unit}" on machine "{name}"',
    next: 'units with a log: {known}',
    httpStatus: 404,
  },
  'cli/no-shell': {
    message: 'machine "{name}" has no node root on this computer',
    next: 'power it on with `muster up {name}`; machines elsewhere are reached with ssh',
    httpStatus: 409,
  },
  'cli/disk-full': {
    message: 'the disk is full: cannot write {what}',
    next: 'free space on the disk that holds it and run the command again',
    httpStatus: 507,
  },
  'cli/copied-folder': {
    message: 'the folder {path} is a copy of {original}, with the identity of that cluster',
    next: 'remove the copy: one cluster cannot live in two folders; back up a store with its own tools',
    httpStatus: 409,
  },
  'cli/not-private': {
    message: 'the folder {path} is open to others',
    next: "run `chmod -R go-rwx '{path}'`, or move it away: muster keeps it private to its owner",
    httpStatus: 403,
  },
  'cli/not-owner': {
    message: 'the folder {path} belongs to another user',
    next: 'run the command as that user, or make a cluster in a folder of your own',
    httpStatus: 403,
  },
  'cli/other-file': {
    message: 'the state in {folder}/.muster belongs to the cluster file "{other}", not to "{file}"',
    next: 'name it with --file {other}, or keep each cluster file in a folder of its own',
    httpStatus: 409,
  },
  'cli/damaged-state': {
    message: 'the record {path} is damaged',
    next: 'remove the cluster with `muster destroy`, which does not need it, and bring it up anew',
    httpStatus: 500,
  },
  'cli/file-refused': {
    message: 'cannot use {path}: {why}',
    next: '{next}',
    httpStatus: 403,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(cliErrors);
