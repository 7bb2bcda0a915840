// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasEtcd, startEtcd } from '../conformance/real-etcd.js';
import { transcript } from '../conformance/v2-transcript.js';
import { serveView } from './etcd-v2-parts.js';

const names = ['a', 'b', '_h'] as const;
const path = fc
  .array(fc.constantFrom(...names), { minLength: 0, maxLength: 2 })
  .map((segments) => segments.map((name) => `/${name}`).join(''));
const value = fc.constantFrom('one', 'two', '', '%3C%26%C3%A9');
const index = fc.integer({ min: 0, max: 30 }).map((n) => `{+${n}}`);
const ttl = fc.constantFrom('', '&ttl=100', '&ttl=500', '&ttl=');

/** All kinds at once: mostly refused. */
const anyConditions = fc
  .record({
    prevExist: fc.option(fc.constantFrom('true', 'false'), { freq: 2 }),
    prevValue: fc.option(fc.constantFrom('one', 'two', 'three'), { freq: 1 }),
    prevIndex: fc.option(index, { freq: 1 }),
    dir: fc.option(fc.constantFrom('true', 'false'), { freq: 1 }),
    refresh: fc.option(fc.constantFrom('true', 'false'), { freq: 1 }),
  })
  .map((fields) =>
    Object.entries(fields)
      .filter(([, given]) => given !== null)
      .map(([name, given]) => `${name}=${given}`)
      .join('&'),
  );

const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'prevExist=true',
      'prevExist=false',
      'prevValue=one',
      'prevValue=two',
      'prevExist=true&prevValue=one',
      'dir=true',
      'dir=true&prevExist=true',
      'refresh=true&prevExist=true',
    ),
  },
  { weight: 1, arbitrary: index.map((n) => `prevIndex=${n}`) },
  { weight: 1, arbitrary: anyConditions },
);

/** One request; listings sorted, since etcd's own order is that of a map. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(path, conditions, value, ttl)
      .map(([p, c, v, t]) => `PUT ${at(p)}?${c} value=${v}${t}`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(path, conditions, ttl).map(([p, c, t]) => `PUT ${at(p)}?${c} dir=true${t}`),
  },
  { weight: 1, arbitrary: fc.tuple(path, value, ttl).map(([p, v, t]) => `POST ${at(p)} value=${v}${t}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, fc.constantFrom('', '?dir=true', '?recursive=true', '?prevValue=one', '?prevValue=two'))
      .map(([p, query]) => `DELETE ${at(p)}${query}`),
  },
  { weight: 1, arbitrary: fc.tuple(path, index).map(([p, i]) => `DELETE ${at(p)}?prevIndex=${i}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, fc.constantFrom('true', 'false'))
      .map(([p, recursive]) => `GET ${at(p)}?sorted=true&recursive=${recursive}`),
  },
);

function at(p: string): string {
  return `/v2/keys/fuzz${p}`;
}

const length = 40;
const runs = Number(process.env.MUSTER_FUZZ_RUNS ?? 15);
const seed = Number(process.env.MUSTER_SEED ?? Date.now() % 2 ** 31);

/** Everything that `count` indexes up to now did, as watchers are told it: one long poll for each index. */
function history(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => [
    `& GET /v2/keys/fuzz?wait=true&recursive=true&waitIndex={-${count - 1 - n}}`,
    'told 1',
  ]).flat();
}

/** Without what etcd tells of hidden names when it is asked for the past (and only then). */
function unhidden(
  ours: readonly string[],
  theirs: readonly string[],
): [readonly string[], readonly string[]] {
  const isSeen = (_answer: string, n: number) => !/"node":{"key":"\/fuzz[^"]*\/_/.test(theirs[n] ?? '');
  return [ours.filter(isSeen), theirs.filter(isSeen)];
}

/** The index the script ended at, relative to its beginning. */
function lastIndex(told: readonly string[]): number {
  return Number(/ index=\+(\d+) /.exec(told.at(-1) ?? '')?.[1] ?? 0);
}

/** The first one that differs, with its step. */
function difference(ours: readonly string[], theirs: readonly string[]): string {
  const n = ours.findIndex((answer, at) => answer !== theirs[at]);
  return n < 0
    ? ''
    : `step ${n}\nours:   ${ours[n]}\netcd's: ${theirs[n]}\nbefore: ${ours.slice(0, n).join('\n')}`;
}

describe.skipIf(!hasEtcd('3.4'))('random v2 requests, here and on a real etcd 3.4', () => {
  test(`get the same answers, and the same history (MUSTER_SEED=${seed})`, async () => {
    const view = await serveView();
    const etcd = await startEtcd({ version: '3.4', flags: ['--enable-v2'] });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: length, maxLength: length }), async (steps) => {
          await transcript(view.url, ['DELETE /v2/keys/fuzz?recursive=true']);
          await transcript(etcd.url, ['DELETE /v2/keys/fuzz?recursive=true']);
          const script = [
            'PUT /v2/keys/fuzz?dir=true ',
            ...steps,
            'DELETE /v2/keys/fuzz?recursive=true',
            'PUT /v2/keys/fuzz value=1',
          ];
          const ours = await transcript(view.url, script);
          const theirs = await transcript(etcd.url, script);
          expect(difference(ours, theirs)).toBe('');
          const polls = history(lastIndex(theirs));
          const heard = await transcript(view.url, ['GET /v2/keys/fuzz', ...polls]);
          const known = await transcript(etcd.url, ['GET /v2/keys/fuzz', ...polls]);
          expect(difference(...unhidden(heard, known))).toBe('');
        }),
        {
          numRuns: runs,
          seed,
        },
      );
    } finally {
      await view.close();
      await etcd.close();
    }
  }, 600_000);
});
