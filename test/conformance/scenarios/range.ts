// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import type { Session } from '../session.js';
import type { Scenario } from './index.js';

const { range, put, deleteRange } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

/** Keys that share beginnings, one written thrice, one deleted and made again. */
async function fill(session: Session): Promise<void> {
  const { key } = session;
  for (const [name, value] of [
    ['b', '3'],
    ['a', '2'],
    ['aa', '1'],
    ['c', '3'],
    ['b', '1'],
    ['b', '0'],
    ['d', '9'],
  ] as const) {
    await session.quiet(put, { key: key(name), value: text(value) });
  }
  await session.quiet(deleteRange, { key: key('c') });
  await session.quiet(put, { key: key('c'), value: text('2') });
}

export const rangeScenarios: readonly Scenario[] = [
  {
    name: 'range-bounds',
    async run(session) {
      const { key, end, call } = session;
      await fill(session);
      await call('one', range, { key: key('a') });
      await call('none', range, { key: key('zz') });
      await call('half open', range, { key: key('a'), rangeEnd: key('b') });
      await call('all', range, { key: key(''), rangeEnd: end });
      await call('end before start', range, { key: key('c'), rangeEnd: key('a') });
      await call('end at start', range, { key: key('c'), rangeEnd: key('c') });
      await call('to the end', range, {
        key: key('~'),
        rangeEnd: Uint8Array.of(0),
        countOnly: true,
        limit: 1,
      });
      await call('no key', range, {});
      await call('no key with end', range, { rangeEnd: end });
      await call('serializable', range, { key: key('a'), serializable: true });
      await call('binary key', put, { key: Buffer.concat([key(''), Uint8Array.of(0, 255, 128)]) });
      await call('binary range', range, { key: key('\0'), rangeEnd: key('\x01') });
    },
  },
  {
    name: 'range-revisions',
    async run(session) {
      const { key, end, rev, call } = session;
      await fill(session);
      for (let offset = 0; offset <= 9; offset += 1) {
        await call(`at ${offset}`, range, { key: key(''), rangeEnd: end, revision: rev(offset) });
      }
      await call('in the future', range, { key: key('a'), revision: rev(10) });
      await call('far in the future', range, { key: key('a'), revision: 2 ** 53 - 1 });
      await call('negative', range, { key: key('a'), revision: -1 });
      await call('deleted at', range, { key: key('c'), revision: rev(8) });
      await call('count in the past', range, {
        key: key(''),
        rangeEnd: end,
        revision: rev(3),
        countOnly: true,
      });
    },
  },
  {
    name: 'range-limits',
    async run(session) {
      const { key, end, call } = session;
      await fill(session);
      const all = { key: key(''), rangeEnd: end };
      for (const limit of [-1, 1, 4, 5, 6]) await call(`limit ${limit}`, range, { ...all, limit });
      await call('count', range, { ...all, countOnly: true });
      await call('count with limit', range, { ...all, countOnly: true, limit: 2 });
      await call('count and keys', range, { ...all, countOnly: true, keysOnly: true });
      await call('keys', range, { ...all, keysOnly: true });
      await call('keys with limit', range, { ...all, keysOnly: true, limit: 2 });
      await call('limit in the past', range, { ...all, limit: 2, revision: session.rev(4) });
      await call('one key with limit', range, { key: key('a'), limit: 1 });
      await call('count of one', range, { key: key('a'), countOnly: true });
      await call('count of none', range, { key: key('zz'), countOnly: true });
      const big = await session.quiet(range, { ...all, limit: Number.MAX_SAFE_INTEGER });
      session.note('limit beyond all', { count: big?.count, more: big?.more, kvs: big?.kvs.length });
    },
  },
];
