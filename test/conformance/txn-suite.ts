// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { type Compare, type Kv, keyOf, type Op, prefixRange, textOf } from '../../src/etcd/index.js';
import { leaseId } from '../../src/model/index.js';
import { codeOf, type SuiteContext } from './kv-suite.js';

const putOp = (key: string, value: string): Op => ({
  kind: 'put',
  request: { key: keyOf(key), value: keyOf(value) },
});
const rangeOp = (key: string): Op => ({ kind: 'range', request: { key: keyOf(key) } });
const deleteOp = (key: string): Op => ({ kind: 'delete-range', request: { key: keyOf(key) } });
const txnOp = (compare: readonly Compare[], success: readonly Op[], failure: readonly Op[] = []): Op => ({
  kind: 'txn',
  request: { compare, success, failure },
});
const versionIs = (key: string, number: number): Compare => ({
  key: keyOf(key),
  target: 'version',
  result: 'equal',
  number,
});
const run = (kv: Kv, success: readonly Op[]) => kv.txn({ compare: [], success, failure: [] });
const textAt = async (kv: Kv, key: string) => {
  const found = (await kv.range({ key: keyOf(key) })).kvs[0];
  return found && textOf(found.value);
};

export function txnSuite(context: SuiteContext): void {
  describe('txn', () => {
    test('does one branch, in one revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const before = (await kv.range({ key: keyOf(prefix) })).revision;
      const request = {
        compare: [versionIs(`${prefix}a`, 0)],
        success: [putOp(`${prefix}a`, '1'), putOp(`${prefix}b`, '1')],
        failure: [rangeOp(`${prefix}a`)],
      };
      const first = await kv.txn(request);
      expect(first).toMatchObject({ succeeded: true, revision: before + 1 });
      const found = (await kv.range(prefixRange(prefix))).kvs;
      expect(found.map((one) => one.modRevision)).toEqual([before + 1, before + 1]);
      const second = await kv.txn(request);
      expect(second).toMatchObject({ succeeded: false, revision: before + 1 });
      expect(second.responses.map((one) => one.kind)).toEqual(['range']);
    });

    test('a range sees what was written before it in the txn', async () => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      const { responses } = await run(kv, [rangeOp(key), putOp(key, '1'), rangeOp(key)]);
      const [before, , after] = responses;
      expect(before).toMatchObject({ kind: 'range', response: { count: 0 } });
      expect(after).toMatchObject({ kind: 'range', response: { count: 1 } });
    });

    test('a txn that changes nothing leaves the revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const before = (await kv.range({ key: keyOf(prefix) })).revision;
      const answer = await run(kv, [deleteOp(`${prefix}none`), rangeOp(`${prefix}none`)]);
      expect(answer.revision).toBe(before);
      expect((await run(kv, [])).revision).toBe(before);
    });

    test('nested compares see the state before the txn', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const inner = txnOp(
        [versionIs(`${prefix}a`, 0)],
        [putOp(`${prefix}b`, 'then')],
        [putOp(`${prefix}b`, 'else')],
      );
      const answer = await run(kv, [putOp(`${prefix}a`, '1'), inner]);
      expect(answer.responses[1]).toMatchObject({ kind: 'txn', response: { succeeded: true } });
      expect(await textAt(kv, `${prefix}b`)).toBe('then');
    });

    test('nested txns share the revision', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const deep = txnOp([], [txnOp([], [putOp(`${prefix}c`, '3')]), putOp(`${prefix}b`, '2')]);
      const answer = await run(kv, [deep, putOp(`${prefix}a`, '1'), deleteOp(`${prefix}none`)]);
      const found = (await kv.range(prefixRange(prefix))).kvs;
      expect(found.map((one) => one.modRevision)).toEqual([1, 1, 1].map(() => answer.revision));
    });

    test.for<[string, (key: string) => Compare, boolean]>([
      ['value equal', (key) => value(key, 'equal', 'm'), true],
      ['value less', (key) => value(key, 'less', 'n'), true],
      ['value greater', (key) => value(key, 'greater', 'm'), false],
      ['value not equal', (key) => value(key, 'not-equal', 'x'), true],
      ['value of a missing key, not equal', (key) => value(`${key}-none`, 'not-equal', 'x'), false],
      ['version', (key) => number(key, 'version', 'equal', 2), true],
      ['version of a missing key', (key) => number(`${key}-none`, 'version', 'less', 1), true],
      ['create of a missing key', (key) => number(`${key}-none`, 'create', 'equal', 0), true],
      ['mod greater', (key) => number(key, 'mod', 'greater', 1), true],
      ['lease', (key) => ({ key: keyOf(key), target: 'lease', result: 'equal', lease: leaseId(0n) }), true],
      [
        'lease greater',
        (key) => ({ key: keyOf(key), target: 'lease', result: 'greater', lease: leaseId(0n) }),
        false,
      ],
      [
        'every key of a range',
        (key) => ({ ...number(key, 'version', 'greater', 0), ...prefixRange(key) }),
        true,
      ],
      [
        'one key of a range is not',
        (key) => ({ ...number(key, 'version', 'equal', 2), ...prefixRange(key) }),
        false,
      ],
      [
        'an empty range',
        (key) => ({ ...number(key, 'version', 'equal', 0), ...prefixRange(`${key}-none`) }),
        true,
      ],
    ])('compare: %s', async ([, make, expected]) => {
      const kv = context.kv();
      const key = `${context.prefix()}a`;
      for (const text of ['l', 'm']) await kv.put({ key: keyOf(key), value: keyOf(text) });
      await kv.put({ key: keyOf(`${key}a`), value: keyOf('') });
      const answer = await kv.txn({ compare: [make(key)], success: [], failure: [] });
      expect(answer.succeeded).toBe(expected);
    });

    test('refusals change nothing', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const a = `${prefix}a`;
      const before = (await kv.range({ key: keyOf(prefix) })).revision;
      const refused = async (success: readonly Op[]) => codeOf(run(kv, success));
      expect(await refused([putOp(a, '1'), putOp(a, '2')])).toBe('etcd/duplicate-key');
      expect(await refused([deleteOp(a), putOp(a, '2')])).toBe('etcd/duplicate-key');
      expect(await refused([putOp(a, '1'), txnOp([], [putOp(a, '2')])])).toBe('etcd/duplicate-key');
      expect(await refused([putOp(a, '1'), txnOp([], [deleteOp(a)])])).toBe('etcd/duplicate-key');
      expect(await refused([txnOp([], [putOp(a, '1')], [putOp(a, '2')])])).toBeUndefined();
      expect(await refused([putOp('', '1')])).toBe('etcd/key-empty');
      const many = Array.from({ length: 129 }, (_, index) => putOp(`${prefix}${index}`, ''));
      expect(await refused(many)).toBe('etcd/too-many-operations');
      const lost: Op = { kind: 'put', request: { key: keyOf(a), value: keyOf(''), lease: leaseId(77n) } };
      expect(await refused([putOp(`${prefix}b`, ''), lost])).toBe('etcd/lease-not-found');
      const future: Op = { kind: 'range', request: { key: keyOf(a), revision: before + 1000 } };
      expect(await refused([putOp(`${prefix}b`, ''), future])).toBe('etcd/future-revision');
      expect(await textAt(kv, `${prefix}b`)).toBeUndefined();
      expect((await kv.range({ key: keyOf(prefix) })).revision).toBe(before + 1);
    });

    test('128 operations are taken, a request of 1.5 MiB is not', async () => {
      const kv = context.kv();
      const prefix = context.prefix();
      const most = Array.from({ length: 128 }, (_, index) =>
        putOp(prefix + String(index).padStart(3, '0'), 'x'),
      );
      expect((await run(kv, most)).responses.length).toBe(128);
      const big = kv.put({ key: keyOf(prefix), value: new Uint8Array(1.5 * 1024 * 1024) });
      expect(await codeOf(big)).toBe('etcd/request-too-large');
      const fits = new Uint8Array(1024 * 1024).fill(7);
      await kv.put({ key: keyOf(prefix), value: fits });
      const found = (await kv.range({ key: keyOf(prefix) })).kvs[0];
      expect(found !== undefined && Buffer.compare(found.value, fits)).toBe(0);
    });
  });
}

function value(key: string, result: Compare['result'], text: string): Compare {
  return { key: keyOf(key), target: 'value', result, value: keyOf(text) };
}

function number(
  key: string,
  target: 'version' | 'create' | 'mod',
  result: Compare['result'],
  wanted: number,
): Compare {
  return { key: keyOf(key), target, result, number: wanted };
}
