// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { leaseId } from '../model/index.js';
import { type KeyVersion, keyIndex } from './key-index.js';

function put(revision: number, version = 1): KeyVersion {
  return { revision, sub: 0, createRevision: revision, version, lease: leaseId(0n), record: undefined };
}

function gone(revision: number): KeyVersion {
  return { ...put(revision, 0), createRevision: 0 };
}

/** `a` written at 2 and 4, deleted at 6; `b` written at 3; `c` at 5 and deleted at 7, again at 9. */
function filled() {
  const index = keyIndex();
  for (const version of [put(2), { ...put(4, 2), createRevision: 2 }, gone(6)]) index.add('a', version);
  index.add('b', put(3));
  for (const version of [put(5), gone(7), put(9)]) index.add('c', version);
  return index;
}

const kept = (index: ReturnType<typeof keyIndex>) =>
  ['a', 'b', 'c'].map((key) =>
    index
      .since(key, 0)
      .map((one) => one.revision)
      .join(),
  );

describe('key index', () => {
  test.for<[number, (number | undefined)[]]>([
    [1, [undefined, undefined, undefined]],
    [3, [2, 3, undefined]],
    [5, [4, 3, 5]],
    [6, [undefined, 3, 5]],
    [8, [undefined, 3, undefined]],
    [99, [undefined, 3, 9]],
  ])('at revision %i', ([revision, expected]) => {
    const index = filled();
    expect(['a', 'b', 'c'].map((key) => index.at(key, revision)?.revision)).toEqual(expected);
    const seen = new Map<string, number>();
    index.each({ from: '', to: undefined, isPoint: false }, revision, (key, version) => {
      seen.set(key, version.revision);
      return true;
    });
    expect(['a', 'b', 'c'].map((key) => seen.get(key))).toEqual(expected);
  });

  test('what a write replaced', () => {
    const index = filled();
    const replaced = (key: string) =>
      index.since(key, 0).map((version) => index.before(key, version)?.revision ?? 0);
    expect([replaced('a'), replaced('c')]).toEqual([
      [0, 2, 4],
      [0, 5, 0],
    ]);
  });

  test('what was there before a revision that put and deleted', () => {
    const index = filled();
    const ended = { ...gone(10), sub: 1 };
    index.add('b', { ...put(10, 2), createRevision: 3 });
    index.add('b', ended);
    expect(index.before('b', ended)?.revision).toBe(3);
    expect([index.at('b', 9)?.revision, index.at('b', 10)]).toEqual([3, undefined]);
  });

  test.for<[number, string[], number[]]>([
    [3, ['2,4,6', '3', '5,7,9'], []],
    [5, ['4,6', '3', '5,7,9'], [2]],
    [6, ['6', '3', '5,7,9'], [2, 4]],
    [7, ['', '3', '7,9'], [2, 4, 6, 5]],
    [8, ['', '3', '9'], [2, 4, 6, 5, 7]],
    [9, ['', '3', '9'], [2, 4, 6, 5, 7]],
  ])(
    'compacted at %i keeps the newest of each key, and a delete at that very revision',
    ([at, left, forgotten]) => {
      const index = filled();
      const slice = index.compact(at, '', 99);
      expect(kept(index)).toEqual(left);
      expect(slice.forgotten.map((one) => one.revision)).toEqual(forgotten);
      expect(slice.next).toBeUndefined();
    },
  );

  test('compaction goes on where it stopped', () => {
    const index = filled();
    const first = index.compact(8, '', 1);
    expect([first.forgotten.length, first.next]).toEqual([3, 'b']);
    const second = index.compact(8, first.next ?? '', 2);
    expect([second.forgotten.length, second.next]).toEqual([2, undefined]);
  });

  test('taking back', () => {
    const index = filled();
    index.removeNewest('a');
    index.removeNewest('b');
    expect(kept(index)).toEqual(['2,4', '', '5,7,9']);
    expect(index.at('a', 9)?.revision).toBe(4);
  });
});
