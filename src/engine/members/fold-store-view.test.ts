// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { foldStoreView, graceMs } from './fold-store-view.js';
import type { MemberPlanInput } from './member-plan-input.js';
import {
  formed,
  learner,
  now,
  place,
  planInput,
  quorum,
  report,
  silent,
  voter,
  withReports,
} from './testing.js';

const three = planInput(3);
const lost = planInput(3, { sight: silent });
const members = [voter('m1', 'a1'), voter('m2', 'a2')];
const withLearner = [...members, learner('m3', 'b3')];

const table: readonly (readonly [what: string, input: MemberPlanInput, state: string, reason: string])[] = [
  ['all vote', three, 'ok', ''],
  [
    'nobody is there yet',
    planInput(1, { record: undefined, sight: silent, reports: new Map() }),
    'waiting',
    'waiting for m1 to boot',
  ],
  [
    'a machine is gone',
    withReports(three, { m3: undefined }),
    'healing',
    'm3 is lost: its machine is not there',
  ],
  [
    'a disk is empty',
    withReports(three, { m3: report.empty('m3', 'n') }),
    'healing',
    'm3 is empty: it is given a new place',
  ],
  [
    'one catches up',
    withReports(planInput(3, { record: formed(withLearner), sight: quorum(withLearner) }), {
      m3: report.data('m3', 'b3'),
    }),
    'healing',
    'm3 is learner: catching up',
  ],
  [
    'silent for a moment',
    planInput(3, { sight: { kind: 'silent', since: now - graceMs + 1, reason: '' } }),
    'healing',
    'the cluster does not answer at the moment',
  ],
  [
    'silent, and enough have their data',
    lost,
    'no-quorum',
    '3 of 3 voters have their data, 2 are needed; asked, they say: nobody answers',
  ],
  [
    'silent, and two are away',
    withReports(lost, { m2: undefined, m3: undefined }),
    'no-quorum',
    '1 of 3 voters have their data, 2 are needed: 1 of m2, m3 must return with its disk',
  ],
  [
    'silent, and two disks are empty',
    withReports(lost, { m2: report.empty('m2', 'n2'), m3: report.empty('m3', 'n3') }),
    'no-quorum',
    '1 of 3 voters have their data, 2 are needed, and too many disks are empty: `muster recover` is the way',
  ],
  [
    'sealed',
    planInput(3, { record: { ...formed([]), phase: 'sealed' }, sight: silent }),
    'sealed',
    'stopped; all of it was saved',
  ],
  [
    'founders start',
    planInput(1, {
      record: { ...formed([], { m1: place('n', '') }), phase: 'forming' },
      sight: silent,
      reports: new Map([['m1', report.empty('m1', 'n')]]),
    }),
    'forming',
    'waiting for m1 to serve',
  ],
  [
    'most founders forgot',
    withReports(
      planInput(3, {
        record: {
          ...formed([], { m1: place('n', ''), m2: place('n', ''), m3: place('n', '') }),
          phase: 'forming',
        },
        sight: silent,
      }),
      { m1: report.empty('m1', 'x'), m2: report.empty('m2', 'y') },
    ),
    'forming',
    'm1, m2 lost what they had before a quorum answered: it is begun anew once m3 is wiped too',
  ],
];

test.each(table)('%s', (_what, input, state, reason) => {
  expect(foldStoreView(input, undefined)).toMatchObject({ state, reason, since: now });
});

test('nothing changed: the very same view', () => {
  const view = foldStoreView(three, undefined);
  expect(foldStoreView({ ...three, now: now + 5_000 }, view)).toBe(view);
});

test('a state keeps its time while only its reason changes', () => {
  const view = foldStoreView(withReports(three, { m3: undefined }), undefined);
  const next = foldStoreView({ ...withReports(three, { m2: undefined, m3: undefined }), now: now + 1 }, view);
  expect(next).toMatchObject({ state: 'healing', since: now });
  expect(next.members.m2).toMatchObject({ state: 'lost', since: now + 1 });
});
