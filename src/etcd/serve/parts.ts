// SPDX-License-Identifier: Apache-2.0

import type { StoreIdentity } from '../identity.js';
import type { Kv } from '../kv.js';
import type { Guard } from './guard.js';

/** What every served group of methods is made of. */
export interface ServedParts {
  readonly kv: Kv;
  /** Its client URLs are never empty here. */
  readonly identity: StoreIdentity;
  readonly guard: Guard;
}
