// SPDX-License-Identifier: Apache-2.0

import type { Auth, Need } from '../auth.js';
import type { Call } from '../grpc/method.js';

/** Stands between a call and what it would do. */
export interface Guard {
  /** Whether `check` would look at all: what needs a call has is only worked out then. */
  isOn(): boolean;
  /** @throws as `Auth.authorize` */
  check(call: Call, needs: readonly Need[]): void;
}

const open: Guard = { isOn: () => false, check: () => {} };

/** Without an `Auth`, everybody may do everything. */
export function guardOf(auth: Auth | undefined): Guard {
  if (auth === undefined) return open;
  return {
    isOn: () => auth.isEnabled(),
    check(call, needs) {
      if (auth.isEnabled()) auth.authorize(call.caller, needs);
    },
  };
}
