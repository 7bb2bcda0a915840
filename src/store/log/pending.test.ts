// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Write } from '../backend.js';
import { pendingGroups } from './pending.js';

const names = ['a', 'b', 'c'];
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.constantFrom(...names).map((name) => ({ kind: 'remove' as const, key: Buffer.from(name) })),
  fc.tuple(fc.constantFrom(...names), fc.nat(99)).map(([name, n]) => {
    return { kind: 'put' as const, key: Buffer.from(name), value: Buffer.from(String(n)) };
  }),
);

test('what the tree has is dropped, and a later write of the same key is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.array(write, { minLength: 1, maxLength: 3 })), fc.nat(10), (groups, dropped) => {
      const pending = pendingGroups();
      groups.forEach((writes, n) => {
        pending.add({ writes, number: n + 1, end: 0 });
      });
      pending.drop(dropped);
      const left = groups.slice(dropped).flat();
      for (const name of names) {
        const newest = left.findLast(({ key }) => Buffer.from(key).toString() === name);
        const found = pending.find(Buffer.from(name));
        expect(found === undefined).toBe(newest === undefined);
        expect(found?.value).toEqual(newest?.kind === 'put' ? newest.value : undefined);
      }
      expect(pending.sizeBytes() === 0).toBe(left.length === 0);
      expect(pending.oldest(Number.POSITIVE_INFINITY)?.writes ?? []).toEqual(left);
    }),
  );
});
