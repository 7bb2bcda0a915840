// SPDX-License-Identifier: Apache-2.0

import type { MemberRecord } from '../../etcd/index.js';
import type { MusterError } from '../../model/index.js';
import { fail } from '../errors.js';
import { callName, votersOf } from './cluster-view.js';
import type { Faults } from './probe-members.js';

/** What was tried, and with whom the cluster was at the end. */
export interface Refused {
  /** `add member "core-04"` */
  readonly attempt: string;
  readonly members: readonly MemberRecord[];
  readonly faults: Faults;
  /** The learner that was to be promoted. */
  readonly learner?: MemberRecord;
}

/** Etcd's refusal, with the members that it comes from and what to do about them. */
export function explainRefusal(error: MusterError, refused: Refused): MusterError {
  const { why, next } = causeOf(error, refused);
  return fail('cli/member-refused', { attempt: refused.attempt, refusal: error.message, why, next }, error);
}

interface Cause {
  /** Begins with the blanks and signs that join it to what stands before; may be empty. */
  readonly why: string;
  readonly next: string;
}

function causeOf(error: MusterError, { members, faults, learner }: Refused): Cause {
  const fault = learner === undefined ? undefined : faults.get(learner.id);
  if (learner !== undefined && fault !== undefined) {
    const next = `start its etcd with what \`muster member add\` printed (initial-cluster-state: existing), then repeat`;
    return { why: `: ${callName(learner)} ${fault}`, next };
  }
  if (error.code === 'etcd/learner-not-ready') {
    return { why: '', next: 'it runs and is catching up: repeat, with a longer --timeout' };
  }
  if (error.code === 'etcd/too-many-learners') {
    const names = members.filter(({ isLearner }) => isLearner).map(callName);
    const [name = 'ID'] = names;
    const next = `promote it first (\`muster member promote ${name}\`), or remove it (\`muster member remove ${name}\`)`;
    return { why: `: ${names.join(', ')}`, next };
  }
  const down = votersOf(members).filter(({ id }) => faults.has(id));
  const [first] = down;
  if (first === undefined) {
    return {
      why: ', though all voters answer',
      next: 'etcd wants five quiet seconds after a change: repeat, with a longer --timeout',
    };
  }
  const said = down.map((one) => `${callName(one)} ${faults.get(one.id)}`);
  const next = `start ${down.map(callName).join(', ')}, or remove what is gone for good (\`muster member remove ${callName(first)}\`), then repeat`;
  return { why: `: ${said.join('; ')}`, next };
}
