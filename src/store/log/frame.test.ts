// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Write } from '../backend.js';
import { decodeFrame, encodeFrame, frameNumberAt } from './frame.js';

const bytes = fc.uint8Array({ maxLength: 20 });
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key: bytes, value: bytes }),
  fc.record({ kind: fc.constant('remove' as const), key: bytes }),
);
const writes = fc.array(write, { maxLength: 5 });
const id = { run: 0x1234_5678_9abc_def0n, number: 7 };

const plain = (list: readonly Write[]) =>
  list.map((one) => [one.kind, [...one.key], one.kind === 'put' ? [...one.value] : []]);

test('is read as it was written, wherever it lies', () => {
  fc.assert(
    fc.property(writes, fc.integer({ min: 0, max: 3 }), (list, place) => {
      const frame = encodeFrame(id, list);
      const log = Buffer.concat([Buffer.alloc(place * 8, 0xa5), frame, Buffer.alloc(16)]);
      const read = decodeFrame(log, place * 8, id);
      expect(read?.sizeBytes).toBe(frame.length);
      expect(frame.length % 8).toBe(0);
      expect(plain(read?.writes ?? [])).toEqual(plain(list));
    }),
  );
});

test('of another run or number it is none', () => {
  const frame = encodeFrame(id, []);
  expect(decodeFrame(frame, 0, { ...id, run: id.run + 1n })).toBeUndefined();
  expect(decodeFrame(frame, 0, { ...id, number: 8 })).toBeUndefined();
  expect(frameNumberAt(frame, 0, id.run)).toBe(7);
  expect(frameNumberAt(frame, 0, id.run + 1n)).toBeUndefined();
});

test('with one bit flipped, or cut off, it is none', () => {
  const frame = encodeFrame(id, [{ kind: 'put', key: Buffer.from('k'), value: Buffer.from('value') }]);
  const length = frame.readUInt32BE(4);
  for (let bit = 0; bit < length * 8; bit += 1) {
    const damaged = Buffer.from(frame);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(decodeFrame(damaged, 0, id)).toBeUndefined();
  }
  for (let end = 0; end < length; end += 1)
    expect(decodeFrame(frame.subarray(0, end), 0, id)).toBeUndefined();
});
