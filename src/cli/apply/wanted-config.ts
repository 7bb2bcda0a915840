// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { MachineId } from '../../model/index.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { servedUserData } from '../config/served-user-data.js';

/** What a machine is to have, as it would be served it. */
export interface WantedConfig {
  readonly name: string;
  readonly id: MachineId;
  readonly userData: string;
  /** SHA-256 of the user-data, in hex: what agents announce. */
  readonly hash: string;
}

/** Of a machine that the plan has. */
export function wantedOf(plan: ClusterPlan, name: string): WantedConfig {
  const machine = plan.machines.get(name);
  if (machine === undefined) throw new Error(`no machine "${name}" in the plan`);
  const userData = servedUserData(plan.boot, name) ?? '';
  const hash = createHash('sha256').update(userData).digest('hex');
  return { name, id: machine.known.id, userData, hash };
}
