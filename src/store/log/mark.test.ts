// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { decodeMark, putMark } from './mark.js';

const mark = { run: 77n, number: 3, end: 640, sizeBytes: 1024 };

function markValue(): Buffer {
  const write = putMark(mark);
  return Buffer.from(write.kind === 'put' ? write.value : []);
}

test('is read as it was written', () => {
  expect(decodeMark(markValue())).toEqual(mark);
});

test('of a later version it is refused by the name of the version', () => {
  const later = markValue();
  later.write('muster-log-2', 'latin1');
  expect(() => decodeMark(later)).toThrow('"muster-log-2", this version of muster reads "muster-log-1"');
});

test('with one bit flipped, or cut off, it is refused', () => {
  for (let bit = 0; bit < markValue().length * 8; bit += 1) {
    const damaged = markValue();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeMark(damaged)).toThrow();
  }
  for (let end = 0; end < markValue().length; end += 1)
    expect(() => decodeMark(markValue().subarray(0, end))).toThrow();
});
