// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import type { Scenario } from './index.js';

const { range, put, deleteRange, compact, txn } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

export const compactScenarios: readonly Scenario[] = [
  {
    name: 'compact',
    async run({ key, end, rev, call, quiet }) {
      for (const value of ['1', '2', '3']) await quiet(put, { key: key('a'), value: text(value) });
      await quiet(deleteRange, { key: key('a') });
      await quiet(put, { key: key('b'), value: text('4') });
      await call('future', compact, { revision: rev(6) });
      await call('far future', compact, { revision: 2 ** 53 - 1 });
      await call('negative', compact, { revision: -1 });
      await call('done', compact, { revision: rev(2) });
      await call('twice', compact, { revision: rev(2) });
      await call('before', compact, { revision: rev(1) });
      await call('zero', compact, {});
      await call('read before', range, { key: key('a'), revision: rev(1) });
      await call('read at', range, { key: key('a'), revision: rev(2) });
      await call('read after', range, { key: key('a'), revision: rev(3) });
      const request = { $case: 'requestRange', value: blankRange(key('a'), rev(1)) } as const;
      await call('read before, in a txn', txn, { success: [{ request }] });
      await call('physical', compact, { revision: rev(5), physical: true });
      await call('read the newest', range, { key: key(''), rangeEnd: end });
      await call('read at the newest', range, { key: key(''), rangeEnd: end, revision: rev(5) });
      await call('all before are gone', range, { key: key(''), rangeEnd: end, revision: rev(4) });
      await call('at the newest again', compact, { revision: rev(5) });
      await call('previous after it', put, { key: key('b'), value: text('5'), prevKv: true });
    },
  },
];

function blankRange(key: Uint8Array, revision: number) {
  const none = { limit: 0, sortOrder: 0, sortTarget: 0, minModRevision: 0, maxModRevision: 0 } as const;
  const flags = { serializable: false, keysOnly: false, countOnly: false } as const;
  const rest = { minCreateRevision: 0, maxCreateRevision: 0, rangeEnd: new Uint8Array(0) } as const;
  return { key, revision, ...none, ...flags, ...rest };
}
