// SPDX-License-Identifier: Apache-2.0

import type { Auth, Need } from '../auth.js';
import type { Call } from '../grpc/method.js';

/** Stands between a call and what it would do. */
export interface Guard {
  /** Whether `check` would look at all: what needs a call has is only worked out then. */
  isOn(call: Call): boolean;
  /** @throws as `Auth.authorize` */
  check(call: Call, needs: readonly Need[]): void;
}

const open: Guard = { isOn: () => false, check: () => {} };

/** Without an `Auth`, everybody may do everything. */
export function guardOf(auth: Auth | undefined): Guard {
  if (auth === undefined) return open;
  // Tokens that are not known are refused even while auth is off: clients take it as a sign to get a new one.
  const isOn = (call: Call) => auth.isEnabled() || call.caller.token !== undefined;
  return {
    isOn,
    check(call, needs) {
      if (isOn(call)) auth.authorize(call.caller, needs);
    },
  };
}
