// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import { fail } from '../errors.js';
import { callName, votersOf } from './cluster-view.js';
import type { Faults } from './probe-members.js';

/**
 * Whether the voters that would be left, and run, are a quorum of those left. A learner may always go.
 *
 * @throws `cli/too-few-voters`
 */
export function checkRemoval(members: readonly MemberRecord[], faults: Faults, leaving: MemberRecord): void {
  if (leaving.isLearner) return;
  const left = votersOf(members).filter(({ id }) => id !== leaving.id);
  const needed = Math.floor(left.length / 2) + 1;
  const running = left.filter(({ id }) => !faults.has(id)).length;
  if (running >= needed) return;
  const missing = left.flatMap((one) => {
    const fault = faults.get(one.id);
    return fault === undefined ? [] : [`${callName(one)} ${fault}`];
  });
  const why = left.length === 0 ? 'it is the last one' : missing.join('; ');
  throw fail('cli/too-few-voters', { member: callName(leaving), left: left.length, running, needed, why });
}
