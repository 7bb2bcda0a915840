// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

const table = {
  'boot/parameter-too-long': {
    message: 'the parameter "{name}" is longer than {limit} characters',
    next: 'send a shorter value; a MAC, UUID or serial number always fits',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'boot/too-many-parameters': {
    message: 'the query has more than {limit} parameters',
    next: 'send what iPXE knows of the machine, and no more',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'boot/no-user-data': {
    message: 'the user-data of "{machine}" is {what}, which cannot be told as cloud-config',
    next: 'ask /ignition or /generic for it',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'boot/no-such-asset': {
    message: 'no image of this cluster has this file',
    next: 'take the URL from the boot script: a file is served under the checksum that it has now',
    httpStatus: 404,
    grpcStatus: 5,
  },
  'boot/asset-changed': {
    message: 'the file {path} was written to since its checksum was taken',
    next: 'ask for the boot script again in a moment: it has the new checksum then',
    httpStatus: 409,
    grpcStatus: 9,
    retry: 'later',
  },
  'boot/no-profile': {
    message: 'no profile fits the machine "{machine}"',
    next: 'look at `muster boot why`; write a profile without selector, or `image:`',
    httpStatus: 404,
    grpcStatus: 5,
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
    next: 'a booting machine asks for /boot.ipxe, /ipxe, /assets/…, and /user-data or /ignition',
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
