// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaseId } from '../model/index.js';
import {
  checkRecord,
  decodeLeaseKey,
  decodeNumber,
  decodeRecord,
  decodeRecordKey,
  encodeLeaseKey,
  encodeNumber,
  encodeRecord,
  encodeRecordKey,
} from './record.js';
import { sealed } from './record-checksum.js';

const whole = fc.maxSafeNat();

test('a record comes back as it was', () => {
  const record = fc.record({
    isDelete: fc.boolean(),
    createRevision: whole,
    version: whole,
    lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(leaseId),
    key: fc.uint8Array(),
    value: fc.uint8Array(),
  });
  fc.assert(
    fc.property(record, (one) => {
      const back = decodeRecord(encodeRecord(one));
      expect({ ...back, key: Uint8Array.from(back.key), value: Uint8Array.from(back.value) }).toEqual(one);
    }),
  );
});

test('record keys come back, and are in the order of writing', () => {
  const place = fc.tuple(whole, fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [x, y] = [encodeRecordKey(...a), encodeRecordKey(...b)];
      expect(decodeRecordKey(x)).toEqual({ revision: a[0], sub: a[1] });
      expect(Math.sign(Buffer.compare(x, y))).toBe(Math.sign(a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test('numbers and lease keys come back', () => {
  fc.assert(
    fc.property(whole, fc.bigInt(), (n, id) => {
      expect(decodeNumber(encodeNumber(n))).toBe(n);
      expect(decodeLeaseKey(encodeLeaseKey(leaseId(id)))).toBe(leaseId(id));
    }),
  );
});

test('other bytes are refused', () => {
  const good = encodeRecord({
    isDelete: false,
    createRevision: 1,
    version: 1,
    lease: leaseId(0n),
    key: Uint8Array.of(1, 2, 3),
    value: Uint8Array.of(),
  });
  expect(() => decodeRecord(good.subarray(0, 32))).toThrow('not a record');
  expect(() => decodeRecord(good.subarray(0, 34))).toThrow('cut off');
  expect(() => decodeRecord(Uint8Array.from(good, (byte, at) => (at === 0 ? 9 : byte)))).toThrow(
    'not a record',
  );
  expect(() => decodeNumber(sealed(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)))).toThrow('2^53');
  expect(() => decodeRecordKey(Uint8Array.of(1))).toThrow('1 bytes');
});

test('a full check sees any bit that was flipped, reading does not look; without a checksum a record is read as it is', () => {
  const text = (value: string) => Buffer.from(value);
  const one = { isDelete: false, createRevision: 7, version: 1, lease: leaseId(9n) };
  const good = encodeRecord({ ...one, key: text('key'), value: text('a value') });
  expect(checkRecord(good)).toMatchObject(one);
  for (let bit = 0; bit < good.length * 8; bit += 1) {
    const bad = Buffer.from(good);
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => checkRecord(bad)).toThrow();
  }
  const old = Buffer.from(good.subarray(0, good.length - 4));
  old[0] = 1;
  expect(checkRecord(old)).toEqual({ ...one, key: text('key'), value: text('a value') });
});
