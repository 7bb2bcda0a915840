// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type Action, isLinearizable, type Operation } from './linearizable.js';

const op = (start: number, end: number | undefined, action: Action): Operation =>
  end === undefined ? { action, start } : { action, start, end };
const write = (value: string): Action => ({ kind: 'write', value });
const read = (value: string): Action => ({ kind: 'read', value });
const swap = (from: string, to: string, isDone: boolean): Action => ({ kind: 'swap', from, to, isDone });

test.each([
  ['nothing', [], 'x', true],
  ['nothing, but changed', [], 'y', false],
  ['a read of what is there', [op(0, 1, read('x'))], 'x', true],
  ['a stale read', [op(0, 1, write('1')), op(2, 3, read('x'))], '1', false],
  ['a read at the same time, old', [op(0, 3, write('1')), op(1, 2, read('x'))], '1', true],
  ['a read at the same time, new', [op(0, 3, write('1')), op(1, 2, read('1'))], '1', true],
  ['new, then old', [op(0, 9, write('1')), op(1, 2, read('1')), op(3, 4, read('x'))], '1', false],
  ['a lost write', [op(0, 1, write('1'))], 'x', false],
  ['an unknown write, lost', [op(0, undefined, write('1'))], 'x', true],
  ['an unknown write, kept', [op(0, undefined, write('1'))], '1', true],
  ['an unknown write, seen and lost', [op(0, undefined, write('1')), op(1, 2, read('1'))], 'x', false],
  ['two writes at once', [op(0, 5, write('1')), op(1, 6, write('2'))], '1', true],
  ['two in turn, the first stays', [op(0, 1, write('1')), op(2, 3, write('2'))], '1', false],
  ['a swap', [op(0, 1, swap('x', '1', true)), op(2, 3, swap('x', '2', false))], '1', true],
  ['both swaps', [op(0, 9, swap('x', '1', true)), op(1, 8, swap('x', '2', true))], '1', false],
  ['a swap refused without a reason', [op(0, 1, swap('x', '1', false))], 'x', false],
  ['an unknown swap, seen', [op(0, undefined, swap('x', '1', false)), op(1, 2, read('1'))], '1', true],
] as const)('%s', (_, operations, last, expected) => {
  expect(isLinearizable(operations, 'x', last)).toBe(expected);
});

test('an unknown swap may be the last', () => {
  expect(isLinearizable([op(0, undefined, swap('x', '1', false))], 'x', '1')).toBe(true);
  expect(isLinearizable([op(0, undefined, swap('y', '1', false))], 'x', '1')).toBe(false);
});
