// SPDX-License-Identifier: Apache-2.0

import type { Session } from '../session.js';
import { authScenarios } from './auth.js';
import { compactScenarios } from './compact.js';
import { leaseScenarios } from './lease.js';
import { maintenanceScenarios } from './maintenance.js';
import { memberScenarios } from './member.js';
import { putScenarios } from './put.js';
import { rangeScenarios } from './range.js';
import { rangeOptionScenarios } from './range-options.js';
import { serviceScenarios } from './services.js';
import { txnScenarios } from './txn.js';
import { txnCheckScenarios } from './txn-check.js';
import { watchScenarios } from './watch.js';
import { watchControlScenarios } from './watch-control.js';

/** Calls to be made in this order on every implementation. */
export interface Scenario {
  /** Also the prefix of its keys. */
  readonly name: string;
  run(session: Session): Promise<void>;
}

export const scenarios: readonly Scenario[] = [
  ...rangeScenarios,
  ...rangeOptionScenarios,
  ...putScenarios,
  ...txnScenarios,
  ...txnCheckScenarios,
  ...leaseScenarios,
  ...watchScenarios,
  ...watchControlScenarios,
  ...compactScenarios,
  ...memberScenarios,
  ...maintenanceScenarios,
  ...serviceScenarios,
  ...authScenarios,
];
