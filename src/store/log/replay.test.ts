// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from './frame.js';
import type { Mark } from './mark.js';
import { replay } from './replay.js';

const run = 0xfeed_beefn;
const logBytes = 4096;
const start: Mark = { run, number: 0, end: 0, sizeBytes: logBytes };

/** A log of so many groups, each with one value, on what an earlier run has left. */
function logOf(values: readonly Uint8Array[]) {
  const old = values.map((value, n) => frameOf(1n, n + 1, value));
  const frames = values.map((value, n) => frameOf(run, n + 1, value));
  const log = Buffer.alloc(logBytes);
  log.set(Buffer.concat([...old, ...old]).subarray(0, logBytes));
  log.set(Buffer.concat(frames));
  const ends = frames.map((_, n) => Buffer.concat(frames.slice(0, n + 1)).length);
  return { log, ends };
}

const frameOf = (ofRun: bigint, number: number, value: Uint8Array) =>
  encodeFrame({ run: ofRun, number }, [{ kind: 'put', key: Buffer.from('k'), value }]);
const valuesIn = (groups: ReturnType<typeof replay>) =>
  groups.map(({ writes: [write] }) =>
    write?.kind === 'put' ? Buffer.from(write.value).toString('hex') : '',
  );
const hex = (values: readonly Uint8Array[]) => values.map((value) => Buffer.from(value).toString('hex'));

const values = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 12 });

describe('a log', () => {
  test('is read from the mark on, and nothing that an earlier run has left', () => {
    fc.assert(
      fc.property(values, fc.nat(12), (list, skipped) => {
        const { log, ends } = logOf(list);
        const number = Math.min(skipped, list.length);
        const groups = replay(log, { ...start, number, end: ends[number - 1] ?? 0 });
        expect(valuesIn(groups)).toEqual(hex(list.slice(number)));
        expect(groups.at(-1)?.end ?? ends[number - 1]).toBe(ends.at(-1));
      }),
    );
  });

  test('whose last frame is torn anywhere ends before it', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 100 }), (list, at, garbage) => {
        const { log, ends } = logOf(list);
        const from = ends.at(-2) ?? 0;
        const last = log.subarray(from, ends.at(-1));
        const whole = Buffer.from(last);
        last.set(garbage.subarray(0, last.length - (at % last.length)), at % last.length);
        const isWhole = last
          .subarray(0, last.readUInt32BE(4))
          .equals(whole.subarray(0, whole.readUInt32BE(4)));
        expect(valuesIn(replay(log, start))).toEqual(hex(isWhole ? list : list.slice(0, -1)));
      }),
    );
  });

  test('with one bit flipped gives all, all but the last, or is refused', () => {
    fc.assert(
      fc.property(values, fc.nat(), (list, chosen) => {
        const { log, ends } = logOf(list);
        const bit = chosen % ((ends.at(-1) ?? 0) * 8);
        log[bit >> 3] = (log[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const isInLast = bit >> 3 >= (ends.at(-2) ?? 0);
        const read = () => valuesIn(replay(log, start));
        if (isInLast) expect([hex(list), hex(list.slice(0, -1))]).toContainEqual(read());
        else {
          // Padding is nobody's.
          const outcome = attempt(read);
          if (outcome instanceof Error) expect(outcome.message).toContain('damaged at byte');
          else expect(outcome).toEqual(hex(list));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('with a frame in a value of its own is not misled by it', () => {
    const forged = frameOf(run + 1n, 2, Buffer.from('forged'));
    const { log, ends } = logOf([Buffer.alloc(9), forged]);
    log.fill(0, ends[0], (ends[0] ?? 0) + 24);
    expect(replay(log, start).length).toBe(1);
  });
});

function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
