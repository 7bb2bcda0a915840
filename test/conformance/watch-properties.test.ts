// SPDX-License-Identifier: Apache-2.0

/**
 * What etcd promises of watches, checked on streams recorded while many write: ordered, unique, atomic, reliable,
 * resumable, bookmarkable; the previous value and the filters right. The truth are the answers to the writers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  WatchCreateRequest_FilterType as Filter,
  type WatchResponse,
} from '../../src/etcd/gen/etcdserverpb/watch.js';
import { seededRandom } from '../fuzz/seeded-random.js';
import { type Implementation, type OpenEndpoints, openEndpoints } from './implementations.js';
import { brokenBookmarks, brokenRevisions, expectedLines, seenLines } from './watch-checks.js';
import { writeLoad } from './watch-load.js';
import { recordWatch } from './watch-record.js';
import { openWire } from './wire-client.js';

const watches = [
  ['everything', {}, {}],
  ['with previous values', { hasPrevious: true }, {}],
  ['a narrow range', { key: 'k2', rangeEnd: 'k4', hasPrevious: true }, {}],
  ['deletes only', { hasPuts: false, hasPrevious: true }, {}],
  ['puts only', { hasDeletes: false }, {}],
  ['resumed often', { hasPrevious: true }, { breakAfter: 3 }],
  ['a narrow range resumed', { key: 'k2', rangeEnd: 'k4' }, { breakAfter: 2 }],
  ['with bookmarks', {}, { askEvery: 4 }],
  ['a narrow range with bookmarks', { key: 'k2', rangeEnd: 'k3' }, { askEvery: 3 }],
] as const;
const all = { key: 'k', rangeEnd: 'l', hasPuts: true, hasDeletes: true, hasPrevious: false };
const seed = Number(process.env.MUSTER_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const parts: { endpoints: OpenEndpoints | undefined } = { endpoints: undefined };

beforeAll(async () => {
  parts.endpoints = await openEndpoints(['memory', 'disk', 'etcd 3.5']);
});
afterAll(() => parts.endpoints?.close());

describe.each<Implementation>(['memory', 'disk', 'etcd 3.5'])('%s', (name) => {
  test(`keeps the promises of watches under load, seed ${seed}`, async () => {
    const url = parts.endpoints?.url(name) ?? '';
    const { written, recorded } = await record(url);
    expect(written.length).toBeGreaterThan(500);
    watches.forEach(([label, wanted], n) => {
      const messages = recorded[n] ?? [];
      expect(brokenRevisions(messages), `${label}: order, atomicity`).toEqual([]);
      expect(brokenBookmarks(messages), `${label}: bookmarks`).toEqual([]);
      expect(seenLines(messages), `${label}: reliability`).toEqual(
        expectedLines(written, { ...all, ...wanted }),
      );
    });
    const asked = recorded[7]?.filter(({ events, created }) => events.length === 0 && !created) ?? [];
    expect(asked.length, 'bookmarks came').toBeGreaterThan(0);
  });
});

/** Writers and watchers have connections of their own; writing begins when all watches stand. */
async function record(url: string) {
  const [writing, watching] = [openWire(url), openWire(url)];
  try {
    const recording: Promise<readonly WatchResponse[]>[] = [];
    for (const [, wanted, options] of watches) {
      await new Promise<void>((resolve, reject) => {
        const recorded = recordWatch(watching, createFor({ ...all, ...wanted }), options, resolve);
        recorded.catch(reject);
        recording.push(recorded);
      });
    }
    const written = await writeLoad(writing, seededRandom(seed), 8, 60);
    return { written, recorded: await Promise.all(recording) };
  } finally {
    writing.close();
    watching.close();
  }
}

function createFor({ key, rangeEnd, hasPuts, hasDeletes, hasPrevious }: typeof all) {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const filters = [...(hasPuts ? [] : [Filter.NOPUT]), ...(hasDeletes ? [] : [Filter.NODELETE])];
  return { key: bytes(key), rangeEnd: bytes(rangeEnd), filters, prevKv: hasPrevious, startRevision: 2 };
}
