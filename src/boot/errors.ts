// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

const table = {
  'boot/parameter-too-long': {
    message: 'the parameter "{name}" is longer than {limit} characters',
    next: 'send a shorter value; a MAC, UUID or serial number always fits',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'boot/unknown-machine': {
    message: 'no machine of this cluster has {marks}',
    next: 'ask with ?mac=, ?uuid= or ?serial= of a machine in the cluster file; "muster machines" lists them',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'boot/not-ready': {
    message: 'the cluster is not set up yet',
    next: 'ask again in a moment, or run "muster up"',
    httpStatus: 503,
    grpcStatus: 14,
    retry: 'later',
  },
  'boot/no-such-path': {
    message: 'there is nothing at this path',
    next: 'a booting machine asks for /boot.ipxe, /ipxe, and /user-data or /ignition',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'boot/wrong-method': {
    message: 'this path answers GET and HEAD only, not {method}',
    next: 'ask again with GET',
    httpStatus: 405,
    grpcStatus: 12,
  },
  'boot/unfit-user-data': {
    message: 'the user-data of "{machine}" cannot be said in Ignition: {why}',
    next: 'look at all of it with `muster config convert FILE`; mend it, or give the machine an Ignition config of its own',
    httpStatus: 409,
    grpcStatus: 9,
  },
  'boot/unfit-word': {
    message: 'the boot script of "{machine}" cannot hold {what} "{word}"',
    next: 'iPXE has no quoting: take out control characters, and words that are "||", "&&", ";" or begin with "#"',
    httpStatus: 500,
    grpcStatus: 9,
  },
} as const satisfies ErrorTable;

/** The codes of this room: `docs/errors.md` is made of them. */
export const bootErrors: ErrorTable = table;

export const fail = errorsOf(table);
