// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { Budget } from './budget.js';
import { encodeFrame } from './frame.js';
import { RequestReader } from './request-reader.js';

function streamOf(limits: { readonly messageBytes: number; readonly requests: Budget }) {
  const closers: (() => void)[] = [];
  const reader = new RequestReader({ once: (_, listener) => closers.push(listener) }, limits);
  return {
    reader,
    close: () => {
      for (const close of closers) close();
    },
  };
}

const whole = encodeFrame(new Uint8Array(60_000));
const part = whole.subarray(0, 50_000);

it('counts what is not whole yet against all streams of the connection, until its stream closes', () => {
  const limits = { messageBytes: 100_000, requests: new Budget(80_000) };
  const [first, second, third] = [streamOf(limits), streamOf(limits), streamOf(limits)];
  expect(first.reader.push(part)).toEqual([]);
  expect(() => second.reader.push(part)).toThrow('80000 bytes wait on this connection');
  second.close();
  first.close();
  expect(third.reader.push(part)).toEqual([]);
});

it('gives back what became whole', () => {
  const limits = { messageBytes: 100_000, requests: new Budget(80_000) };
  const [first, second] = [streamOf(limits), streamOf(limits)];
  first.reader.push(part);
  expect(first.reader.push(whole.subarray(50_000))).toHaveLength(1);
  expect(second.reader.push(part)).toEqual([]);
});
