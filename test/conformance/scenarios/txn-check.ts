// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import { compareOf, deleteOp, putOp, rangeOp, txnOp } from '../ops.js';
import type { Scenario } from './index.js';

const { range, put, txn } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

export const txnCheckScenarios: readonly Scenario[] = [
  {
    name: 'txn-refused',
    async run({ key, end, rev, call, quiet }) {
      await quiet(put, { key: key('old'), value: text('0') });
      const a = putOp({ key: key('a'), value: text('1') });
      const many = (count: number) => Array.from({ length: count }, (_, n) => putOp({ key: key(`m${n}`) }));
      const compares = (count: number) => Array.from({ length: count }, () => compareOf({ key: key('a') }));
      await call('same key twice', txn, { success: [a, a] });
      await call('same key twice in what is not done', txn, { failure: [a, a] });
      await call('put in a deleted range', txn, { success: [a, deleteOp({ key: key(''), rangeEnd: end })] });
      await call('deleted range, then put', txn, { success: [deleteOp({ key: key(''), rangeEnd: end }), a] });
      await call('deleted key, then put', txn, { success: [deleteOp({ key: key('a') }), a] });
      await call('deleted twice', txn, {
        success: [deleteOp({ key: key('a') }), deleteOp({ key: key('a') })],
      });
      await call('twice, once nested', txn, { success: [a, txnOp({ success: [a] })] });
      await call('twice in two nested', txn, { success: [txnOp({ success: [a] }), txnOp({ failure: [a] })] });
      await call('in both branches', txn, { success: [a], failure: [a] });
      await call('in both branches, nested', txn, { success: [txnOp({ success: [a], failure: [a] })] });
      await call('nested deletes what is put', txn, {
        success: [a, txnOp({ failure: [deleteOp({ key: key('a'), rangeEnd: key('b') })] })],
      });
      await call('128 operations', txn, { success: many(128) });
      await call('129 operations', txn, { success: many(129) });
      await call('129 operations not done', txn, { failure: many(129) });
      await call('128 compares', txn, { compare: compares(128) });
      await call('129 compares', txn, { compare: compares(129) });
      await call('128 compares and 128 operations', txn, { compare: compares(128), failure: many(128) });
      await call('129 operations nested', txn, { success: [txnOp({ success: many(129) })] });
      await call('no key in a compare', txn, { compare: [compareOf({})] });
      await call('no key in a put', txn, { success: [putOp({ value: text('1') })] });
      await call('no key in a range', txn, { success: [rangeOp({})] });
      await call('no key in a delete', txn, { success: [deleteOp({})] });
      await call('no key in what is not done', txn, { failure: [rangeOp({})] });
      await call('an operation that is none', txn, { success: [{ request: undefined }] });
      await call('no lease like that', txn, { success: [a, putOp({ key: key('b'), lease: 7999n })] });
      await call('nothing was written', range, { key: key('b') });
      await call('nothing to keep', txn, { success: [a, putOp({ key: key('b'), ignoreValue: true })] });
      await call('value to keep is given', txn, {
        success: [putOp({ key: key('a'), value: text('1'), ignoreValue: true })],
      });
      await call('in the future', txn, { success: [a, rangeOp({ key: key('a'), revision: rev(1000) })] });
      await call('now', txn, { success: [rangeOp({ key: key('old'), revision: rev(1) })] });
      await call('keep what was just put', txn, {
        success: [
          txnOp({ success: [putOp({ key: key('new'), value: text('1') })] }),
          putOp({ key: key('old'), ignoreValue: true }),
        ],
      });
      await call('at the end', range, { key: key(''), rangeEnd: end, keysOnly: true, limit: 3 });
    },
  },
];
