// SPDX-License-Identifier: Apache-2.0

import {
  RangeRequest_SortOrder as Order,
  RangeRequest_SortTarget as Target,
} from '../../../src/etcd/gen/etcdserverpb/kv.js';
import { methods } from '../../../src/etcd/methods.js';
import type { Session } from '../session.js';
import type { Scenario } from './index.js';

const { range, put } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

/** Keys, values, versions and revisions each in an order of its own, with ties in values and versions. */
async function fill({ key, quiet }: Session): Promise<void> {
  for (const [name, value] of [
    ['d', 'x'],
    ['a', 'y'],
    ['c', 'x'],
    ['b', 'z'],
    ['a', 'y'],
    ['d', 'w'],
    ['a', 'x'],
    ['e', ''],
  ] as const) {
    await quiet(put, { key: key(name), value: text(value) });
  }
}

export const rangeOptionScenarios: readonly Scenario[] = [
  {
    name: 'range-sorts',
    async run(session) {
      const { key, end, rev, call } = session;
      await fill(session);
      const all = { key: key(''), rangeEnd: end };
      for (const [order, sortOrder] of Object.entries(Order)) {
        for (const [target, sortTarget] of Object.entries(Target)) {
          const sort = { ...all, sortOrder, sortTarget };
          const name = `${order} ${target}`;
          await call(name, range, sort);
          await call(`${name} limit`, range, { ...sort, limit: 3 });
          await call(`${name} keys`, range, { ...sort, keysOnly: true });
          await call(`${name} past`, range, { ...sort, revision: rev(5), limit: 2 });
          await call(`${name} count`, range, { ...sort, countOnly: true });
        }
      }
    },
  },
  {
    name: 'range-filters',
    async run(session) {
      const { key, end, rev, call } = session;
      await fill(session);
      const all = { key: key(''), rangeEnd: end };
      const fields = ['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision'] as const;
      for (const field of fields) {
        for (const at of [1, 3, 5, 8, 20]) {
          const filter = { ...all, [field]: rev(at) };
          await call(`${field} ${at}`, range, filter);
          await call(`${field} ${at} limit`, range, { ...filter, limit: 2 });
          await call(`${field} ${at} count`, range, { ...filter, countOnly: true });
        }
      }
      const between = { ...all, minModRevision: rev(3), maxModRevision: rev(6), minCreateRevision: rev(2) };
      await call('several', range, between);
      await call('several sorted', range, { ...between, sortOrder: Order.DESCEND, sortTarget: Target.VALUE });
      await call('several past', range, { ...between, revision: rev(6), limit: 1 });
      await call('several keys', range, { ...between, keysOnly: true });
      await call('one key filtered out', range, { key: key('a'), minModRevision: rev(8) });
    },
  },
];
