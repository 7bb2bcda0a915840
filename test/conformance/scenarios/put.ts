// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import type { Scenario } from './index.js';

const { range, put, deleteRange, grantLease, timeToLive, revokeLease } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

export const putScenarios: readonly Scenario[] = [
  {
    name: 'put-flags',
    async run({ key, call }) {
      const value = text('1');
      await call('no key', put, { value });
      await call('ignore the value of none', put, { key: key('a'), ignoreValue: true });
      await call('ignore the lease of none', put, { key: key('a'), ignoreLease: true, value });
      await call('previous of none', put, { key: key('a'), value, prevKv: true });
      await call('previous', put, { key: key('a'), value: text('2'), prevKv: true });
      await call('value and ignore', put, { key: key('a'), value, ignoreValue: true });
      await call('lease and ignore', put, { key: key('a'), value, lease: 7001n, ignoreLease: true });
      await call('both wrong', put, {
        key: key('a'),
        value,
        lease: 1n,
        ignoreLease: true,
        ignoreValue: true,
      });
      await call('lease there is not', put, { key: key('a'), value, lease: 7002n });
      await call('negative lease', put, { key: key('a'), value, lease: -5n });
      await call('grant', grantLease, { ID: 7003n, TTL: 900n });
      await call('with lease', put, { key: key('a'), value: text('3'), lease: 7003n });
      await call('ignore value, drop lease', put, { key: key('a'), ignoreValue: true, prevKv: true });
      await call('dropped', range, { key: key('a') });
      await call('with lease again', put, { key: key('a'), value: text('4'), lease: 7003n });
      await call('ignore lease', put, { key: key('a'), value: text('5'), ignoreLease: true, prevKv: true });
      await call('both ignored', put, { key: key('a'), ignoreLease: true, ignoreValue: true });
      await call('kept', range, { key: key('a') });
      await call('keys of the lease', timeToLive, { ID: 7003n, keys: false });
      await call('empty value', put, { key: key('b') });
      await call('empty value read', range, { key: key('b') });
      await call('revoke', revokeLease, { ID: 7003n });
      await call('gone', range, { key: key('a') });
    },
  },
  {
    name: 'put-sizes',
    async run({ key, call }) {
      await call('1 MiB', put, { key: key('big'), value: Buffer.alloc(1024 * 1024, 0x61) });
      await call('read', range, { key: key('big') });
      await call('too large', put, { key: key('big'), value: Buffer.alloc(1024 * 1536 + 1, 0x61) });
      await call('far too large', put, { key: key('big'), value: Buffer.alloc(1024 * 1024 * 3, 0x61) });
      await call('long key', put, { key: Buffer.concat([key('long'), Buffer.alloc(70_000, 0x61)]) });
      await call('long key read', range, { key: key('long'), rangeEnd: key('lonh') });
    },
  },
  {
    name: 'delete-range',
    async run({ key, end, call, quiet }) {
      for (const name of ['a', 'ab', 'b', 'c', 'd']) await quiet(put, { key: key(name), value: text(name) });
      await call('no key', deleteRange, {});
      await call('none', deleteRange, { key: key('zz') });
      await call('none with previous', deleteRange, { key: key('zz'), prevKv: true });
      await call('one', deleteRange, { key: key('a') });
      await call('again', deleteRange, { key: key('a') });
      await call('range with previous', deleteRange, { key: key('a'), rangeEnd: key('c'), prevKv: true });
      await call('end before start', deleteRange, { key: key('d'), rangeEnd: key('c') });
      await call('rest', deleteRange, { key: key(''), rangeEnd: end });
      await call('made again', put, { key: key('a'), value: text('1') });
      await call('as new', range, { key: key('a') });
    },
  },
];
