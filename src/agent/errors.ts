// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

const table = {
  'agent/path-outside-root': {
    message: 'path "{path}" leads outside of the node root "{root}": {why}',
    next: 'name a path without "..", and replace the link that leads outside by a folder or a relative link',
    httpStatus: 400,
  },
  'agent/not-a-file': {
    message: 'cannot write "{path}": a {found} is there',
    next: 'remove it, or choose another path in write_files',
    httpStatus: 409,
  },
  'agent/not-a-folder': {
    message: 'cannot make folder "{path}": a {found} is there',
    next: 'remove it, or choose another path in write_files',
    httpStatus: 409,
  },
  'agent/user-refused': {
    message: 'cannot make user "{user}": {why}',
    next: 'change the user in users: of the user-data',
    httpStatus: 409,
  },
  'agent/keys-refused': {
    message: 'cannot fetch keys of user "{user}" from "{url}": status {status}',
    next: 'write the keys below ssh_authorized_keys',
    httpStatus: 502,
    retry: 'later',
  },
  'agent/user-unknown': {
    message: 'cannot authorize keys for "{user}": that is not a user name',
    next: 'use letters, digits, "-", "_" and "." in the name',
    httpStatus: 400,
  },
  'agent/keys-link': {
    message: 'cannot authorize keys for "{user}": "{path}" is a link that is not of root alone',
    next: 'look at who made it; put a file of {user} in its place',
    httpStatus: 409,
  },
  'agent/foreign-link': {
    message: 'cannot write below "{path}": "{link}" on the way is a link that is not of root alone',
    next: 'look at who made it; name the path that it leads to, or put a folder in its place',
    httpStatus: 409,
  },
  'agent/hostname-refused': {
    message: 'cannot set the host name "{hostname}": {why}',
    next: 'set it by hand with "hostname {hostname}" and look at what the system says',
    httpStatus: 500,
  },
  'agent/unit-name': {
    message: '"{unit}" is not a unit name',
    next: 'name it like "web.service": letters, digits and ":-_.@\\", and a type at the end',
    httpStatus: 400,
  },
  'agent/unit-not-found': {
    message: 'unit "{unit}" is not found',
    next: 'give the unit a "content" in coreos.units, or correct its name',
    httpStatus: 404,
  },
  'agent/unit-masked': {
    message: 'unit "{unit}" is masked',
    next: 'remove "mask" from the unit, or leave it stopped',
    httpStatus: 409,
  },
  'agent/unit-bad': {
    message: 'unit "{unit}" cannot be run: {reason}',
    next: 'correct the unit file or its drop-ins',
    httpStatus: 422,
  },
  'agent/unit-failed': {
    message: 'cannot {command} unit "{unit}": {reason}',
    next: 'read what it printed: "muster logs NAME --unit {unit}", or on the machine "journalctl -u {unit}"',
    httpStatus: 500,
  },
  'agent/systemd-refused': {
    message: 'cannot {command} unit "{unit}": {reason}',
    next: 'look at "systemctl status {unit}" and "journalctl -u {unit}" on the machine',
    httpStatus: 500,
  },
  'agent/unit-not-active': {
    message: 'cannot reload unit "{unit}": it is {active}',
    next: 'start it first, or use "reload-or-restart"',
    httpStatus: 409,
  },
  'agent/supervisor-stopped': {
    message: 'cannot {command} unit "{unit}": the node is stopping',
    next: 'start the machine again',
    httpStatus: 503,
    retry: 'later',
  },
  'agent/user-data-refused': {
    message: 'cannot fetch user-data from "{url}": the server answers {status}',
    next: 'see that cloud-config-url names a machine that the cluster knows',
    httpStatus: 502,
  },
  'agent/user-data-url': {
    message: 'cannot fetch user-data from "{url}": it is not an http or https URL',
    next: 'correct cloud-config-url on the kernel command line',
    httpStatus: 400,
  },
  'agent/user-data-unreachable': {
    message: 'cannot fetch user-data from "{url}": {why}, {tries} times',
    next: 'see that the server runs and can be reached from this machine, then run it again',
    httpStatus: 504,
    retry: 'later',
  },
  'agent/kernel-argument': {
    message: 'kernel argument "{name}" cannot be "{value}"',
    next: 'write it as {expected}',
    httpStatus: 400,
  },
} as const satisfies ErrorTable;

/** What can go wrong on a node; `docs/errors.md` is made from it. */
export const agentErrors: ErrorTable = table;

export const fail = errorsOf(table);

/** The text of anything thrown, for a report. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
