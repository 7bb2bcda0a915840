// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixRange } from '../etcd/index.js';
import { type Span, spanHas, spanOf } from './key.js';
import { openSpanIndex } from './span-index.js';

const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\xff', '\0'), maxLength: 4 });
const bytes = (text: string) => Buffer.from(text, 'latin1');
const span = fc.oneof(
  key.map((from): Span => spanOf({ key: bytes(from) })),
  key.map((from): Span => spanOf(prefixRange(from))),
  fc.tuple(key, key).map(([from, to]): Span => spanOf({ key: bytes(from), rangeEnd: bytes(to) })),
);

test('it finds what a look at each would find, each once, after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(span, fc.boolean()), { maxLength: 30 }), fc.array(key), (spans, keys) => {
      const index = openSpanIndex<number>();
      for (const [number, [one]] of spans.entries()) index.add(one, number);
      for (const [number, [one, isGone]] of spans.entries()) if (isGone) index.remove(one, number);
      for (const [number, [one, isGone]] of spans.entries()) if (isGone) index.remove(one, number);
      for (const text of keys) {
        const found: number[] = [];
        index.each(text, (number) => found.push(number));
        const wanted = spans.flatMap(([one, isGone], number) =>
          !isGone && spanHas(one, text) ? [number] : [],
        );
        expect(found.sort()).toEqual(wanted.sort());
      }
    }),
    { numRuns: 500 },
  );
});
