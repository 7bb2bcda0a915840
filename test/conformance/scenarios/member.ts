// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import type { Scenario } from './index.js';

const { memberList, status } = methods;

export const memberScenarios: readonly Scenario[] = [
  {
    name: 'member-list',
    async run({ quiet, note }) {
      for (const linearizable of [false, true]) {
        const answer = await quiet(memberList, { linearizable });
        const members = answer?.members.map((member) => ({
          hasId: member.ID !== 0n,
          isTheOneThatAnswers: member.ID === answer.header?.memberId,
          isNamed: member.name !== '',
          peers: member.peerURLs.length,
          clients: member.clientURLs.length,
          isLearner: member.isLearner,
        }));
        note(linearizable ? 'linearizable' : 'as it knows', { header: answer?.header, members });
      }
    },
  },
  {
    name: 'status',
    async run({ quiet, note }) {
      const answer = await quiet(status, {});
      note('status', {
        header: answer?.header,
        leader: answer?.leader,
        isLeader: answer?.leader === answer?.header?.memberId,
        hasSizes: (answer?.dbSize ?? 0) >= (answer?.dbSizeInUse ?? 1) && (answer?.dbSizeInUse ?? 0) > 0,
        hasIndex: (answer?.raftIndex ?? 0n) > 0n && answer?.raftIndex === answer?.raftAppliedIndex,
        isLearner: answer?.isLearner,
        errors: answer?.errors,
      });
      note('release', answer?.version.replace(/\.\d+$/, ''));
    },
  },
];
