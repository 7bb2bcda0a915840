// SPDX-License-Identifier: Apache-2.0

import type { Change } from '../supervisor.js';

/** What an action did; `message` says what it could not do besides. */
export interface ActionResult {
  readonly outcome: Change;
  readonly message?: string;
}
