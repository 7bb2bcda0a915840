// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** Everything that the reboot lock can refuse. */
export const lockErrors = {
  'lock/damaged-semaphore': {
    message: 'the reboot lock at "{key}" holds something that is no semaphore',
    next: 'look at it with `muster get {key}`; when nobody reboots, remove it with `muster rm {key}`: it is made anew',
    httpStatus: 500,
  },
  'lock/contended': {
    message: 'the reboot lock of group "{group}" was changed by others again and again for {seconds} s',
    next: 'try again; if it stays so, look for a client that writes it in a loop',
    httpStatus: 503,
    retry: 'later',
  },
  'lock/held-by-others': {
    message: 'the reboot lock was not given to {id}: {why}',
    next: '`muster lock status` shows who holds it and who waits',
    httpStatus: 409,
    retry: 'later',
  },
  'lock/not-held': {
    message: '{id} does not hold the reboot lock',
    next: '`muster lock status` shows who does',
    httpStatus: 409,
  },
  'lock/lost': {
    message: 'not rebooted: {id} does not hold the reboot lock any more',
    next: 'somebody released it meanwhile; look at `muster lock status`, then begin anew',
    httpStatus: 409,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(lockErrors);
