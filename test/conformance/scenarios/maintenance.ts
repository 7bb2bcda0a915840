// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import { memberSpecs } from '../../../src/etcd/methods-member.js';
import type { Scenario } from './index.js';

const { put, range, deleteRange, compact } = methods;
const { alarm, defragment, hashKv, moveLeader, memberAdd, memberRemove, memberUpdate, memberPromote } =
  memberSpecs;

export const maintenanceScenarios: readonly Scenario[] = [
  {
    name: 'alarm',
    async run({ key, call }) {
      const space = { alarm: 1, memberID: 0n } as const;
      await call('none', alarm, {});
      try {
        await call('raise', alarm, { ...space, action: 1 });
        await call('raise again', alarm, { ...space, action: 1 });
        await call('listed', alarm, {});
        await call('put', put, { key: key('a') });
        await call('read', range, { key: key('a') });
        await call('delete', deleteRange, { key: key('a') });
      } finally {
        await call('lower', alarm, { ...space, action: 2 });
      }
      await call('lower again', alarm, { ...space, action: 2 });
      await call('put again', put, { key: key('a') });
    },
  },
  {
    name: 'maintenance',
    async run({ key, rev, call, quiet, note }) {
      for (let n = 0; n < 3; n += 1) await quiet(put, { key: key('a') });
      await quiet(compact, { revision: rev(2), physical: true });
      await call('hash before the compact revision', hashKv, { revision: rev(1) });
      await call('hash in the future', hashKv, { revision: rev(9) });
      const answer = await quiet(hashKv, {});
      note('hash', {
        hasHash: answer?.hash !== 0,
        compactRevision: answer?.compactRevision,
        header: answer?.header,
      });
      await call('defragment', defragment, {});
      await call('move the leader to none', moveLeader, { targetID: 12n });
    },
  },
  {
    name: 'member-changes-refused',
    async run({ call }) {
      await call('remove one that is not', memberRemove, { ID: 12n });
      await call('update one that is not', memberUpdate, { ID: 12n, peerURLs: ['http://127.0.0.1:1'] });
      await call('promote one that is not', memberPromote, { ID: 12n });
      await call('add what is no URL', memberAdd, { peerURLs: ['nonsense'] });
      await call('update to what is no URL', memberUpdate, { ID: 12n, peerURLs: ['nonsense'] });
    },
  },
];
