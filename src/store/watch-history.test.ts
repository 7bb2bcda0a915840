// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { keyOf, type Op } from '../etcd/index.js';
import { faultyBackend } from './faulty-backend.js';
import { spanOf } from './key.js';
import { loadKeyspace } from './keyspace.js';
import { openStoreOn } from './open-store.js';
import { readHistory } from './watch-history.js';

const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'x'), { minLength: 1 });

/** A key space in which revision n + 2 put the n-th list of keys. */
async function spaceOf(revisions: readonly (readonly string[])[]) {
  const backend = faultyBackend();
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const store = await openStoreOn(backend, { clock: manualClock(), random, log: silentLog });
  for (const names of revisions) {
    const success = names.map(
      (name): Op => ({ kind: 'put', request: { key: keyOf(name), value: keyOf('') } }),
    );
    await store.kv.txn({ compare: [], success, failure: [] });
  }
  await store.close();
  return loadKeyspace(backend);
}

test.for([
  ['a span', { key: keyOf('b'), rangeEnd: keyOf('x') }],
  ['a key', { key: keyOf('b') }],
] as const)(
  'history of %s, piece by piece: nothing twice, nothing left out, no revision cut',
  async ([, range]) => {
    const limits = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(keys, { maxLength: 30, size: 'max' }),
        fc.integer({ min: 1, max: 9 }),
        limits,
        async (revisions, from, limit) => {
          const space = await spaceOf(revisions);
          const seen: string[] = [];
          for (let next = from; next <= space.durable.revision; ) {
            const piece = readHistory(space, spanOf(range), next, limit);
            expect(piece.through).toBeGreaterThanOrEqual(next);
            const at = piece.changes.map((one) => one.version.revision);
            expect(at.every((revision) => revision >= next && revision <= piece.through)).toBe(true);
            seen.push(...piece.changes.map((one) => `${one.version.revision} ${one.key}`));
            next = piece.through + 1;
          }
          const wanted = (name: string) =>
            (range.key[0] === name.charCodeAt(0) || 'rangeEnd' in range) && name >= 'b' && name < 'x';
          const expected = revisions.flatMap((names, at) =>
            at + 2 < from ? [] : names.filter(wanted).map((name) => `${at + 2} ${name}`),
          );
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  },
);
