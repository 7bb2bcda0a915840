// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** Every error of this room. */
export const bootstrapErrors = {
  'bootstrap/bad-url': {
    message: 'cannot use "{url}" as a client URL',
    next: 'write it as http://ADDRESS:PORT, for example http://0.0.0.0:2379; https is not supported yet',
    httpStatus: 400,
  },
  'bootstrap/cannot-listen': {
    message: 'cannot listen on {address}: {why}',
    next: 'end the program that uses the address, or change listen-client-urls in the user-data',
    httpStatus: 503,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(bootstrapErrors);
