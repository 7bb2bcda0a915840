// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { MemberFinding } from '../../model/index.js';
import type { MemberPlanInput } from './member-plan-input.js';
import { planMembers } from './plan-members.js';
import {
  formed,
  inShort,
  learner,
  now,
  place,
  planInput,
  quorum,
  report,
  silent,
  standing,
  unstarted,
  voter,
  withReports,
} from './testing.js';

const [a1, a2, a3] = [voter('m1', 'a1'), voter('m2', 'a2'), voter('m3', 'a3')];
const three = planInput(3);
const five = planInput(5);

/** Of three, where the list is another and muster knows it. */
function listed(members: readonly (typeof a1)[], places = {}, part: Partial<MemberPlanInput> = {}) {
  const record = formed(members, { m1: place('', ''), m2: place('', ''), ...places });
  return planInput(3, { record, sight: quorum(members), ...part });
}

/** Its last machines are away for so long. */
function long(names: readonly string[], ms: number, replaceAfterMs?: number) {
  return { awaySince: new Map(names.map((name) => [name, now - ms])), replaceAfterMs };
}

function away(size: number, ms: number, replaceAfterMs?: number): MemberPlanInput {
  return { ...planInput(size), ...long(['m3', 'm4', 'm5'], ms, replaceAfterMs) };
}

const ended = (finding: MemberFinding) => ({ kind: 'ended', finding, words: finding }) as const;
const gone = { m3: undefined };
const wiped = { m3: report.empty('m3', 'fresh') };
const asLearner = [a1, a2, learner('m3', 'b3')];
const asUnstarted = [a1, a2, unstarted('m3', 'b3')];
const forFresh = { m3: place('fresh', 'b3', now) };

const table: readonly (readonly [what: string, input: MemberPlanInput, steps: readonly string[]])[] = [
  ['all are well', three, []],
  ['a member that is silent is left alone', withReports(three, gone), []],
  ['nor after a year, unless the operator says so', withReports(away(3, 100_000), gone), []],
  ['a voter that is away for too long', withReports(away(3, 60_000, 60_000), gone), ['remove a3 of m3']],
  ['and not a moment before', withReports(away(3, 59_999, 60_000), gone), []],
  ['one that this engine has not missed yet', withReports({ ...three, replaceAfterMs: 60_000 }, gone), []],
  [
    'two are away of five: one after the other',
    withReports(away(5, 60_000, 60_000), { m4: undefined, m5: undefined }),
    ['remove a4 of m4'],
  ],
  [
    'another one is not well',
    withReports(away(5, 60_000, 60_000), {
      m1: report.data('m1', 'a1', { kind: 'starting' }),
      m5: undefined,
    }),
    [],
  ],
  [
    'two voters are not made one, however long one is away',
    withReports({ ...listed([a1, a2]), ...long(['m2'], 60_000, 60_000) }, { m2: undefined, m3: undefined }),
    [],
  ],
  ['nor without a quorum', withReports({ ...away(3, 60_000, 60_000), sight: silent }, gone), []],
  ['an empty disk: its member goes first', withReports(three, wiped), ['remove a3 of m3']],
  ['then the disk gets a place', withReports(listed([a1, a2]), wiped), ['add m3 for fresh']],
  ['it is waited for until it starts', withReports(listed(asUnstarted, forFresh), wiped), []],
  [
    'it is promoted once it serves',
    withReports(listed(asLearner, forFresh), { m3: report.data('m3', 'b3') }),
    ['ordered, m3 resume b3', 'promote b3 of m3'],
  ],
  [
    'and not before',
    withReports(listed(asLearner, forFresh, { orders: new Map() }), {
      m1: undefined,
      m2: undefined,
      m3: report.data('m3', 'b3', { kind: 'starting' }),
    }),
    ['ordered, m3 resume b3'],
  ],
  [
    'a place for another disk is given up',
    withReports(listed(asUnstarted, { m3: place('other', 'b3', now) }), wiped),
    ['remove b3 of m3'],
  ],
  ['a place that nobody knows of is given up', withReports(listed(asUnstarted), wiped), ['remove b3 of m3']],
  [
    'a place for the disk, and another entry of its URL',
    withReports(listed(asUnstarted, { m3: place('fresh', 'b9', now) }), wiped),
    ['remove b3 of m3'],
  ],
  ['a learner whose machine went away', withReports(listed(asLearner, forFresh), gone), ['remove b3 of m3']],
  ['so is an unstarted one', withReports(listed(asUnstarted, forFresh), gone), ['remove b3 of m3']],
  [
    'two of five: the first to go',
    withReports(five, { m4: report.empty('m4', 'n4'), m5: report.empty('m5', 'n5') }),
    ['remove a4 of m4'],
  ],
  [
    'two of five: the second goes before the first is added',
    withReports(
      planInput(5, {
        record: formed([...fiveVoters()].filter(({ id }) => id !== 'a4')),
        sight: quorum([...fiveVoters()].filter(({ id }) => id !== 'a4')),
      }),
      { m4: report.empty('m4', 'n4'), m5: report.empty('m5', 'n5') },
    ),
    ['remove a5 of m5'],
  ],
  [
    'a founder that is slow to start keeps its place',
    withReports(planInput(3, { record: formed([a1, a2, a3], { m3: place('fresh', '') }) }), wiped),
    [],
  ],
  [
    'two voters are not made one',
    withReports(listed([a1, a2]), { m1: undefined, m2: report.empty('m2', 'n2'), m3: undefined }),
    [],
  ],
  [
    'a disk that led to nothing a moment ago waits',
    withReports(listed([a1, a2], { m3: place('gone', 'b3', now - 1_000) }), wiped),
    [],
  ],
  [
    'and has its turn later',
    withReports(listed([a1, a2], { m3: place('gone', 'b3', now - 2_000) }), wiped),
    ['add m3 for fresh'],
  ],
  [
    'no place without etcd',
    withReports(listed([a1, a2]), { m3: { ...report.empty('m3', 'fresh'), version: '' } }),
    [],
  ],
  [
    'one learner at a time',
    withReports(
      planInput(4, {
        record: formed(asUnstarted, forFresh),
        sight: quorum(asUnstarted),
      }),
      { ...wiped, m4: report.empty('m4', 'n4') },
    ),
    [],
  ],
  [
    'its address is another, its data is the same',
    withReports(three, { m3: { ...report.data('m3', 'a3'), peerUrls: ['http://m3:9999'] } }),
    ['update a3 to http://m3:9999'],
  ],
  [
    'the agent was started anew',
    withReports(planInput(3, { orders: new Map() }), {
      m1: undefined,
      m2: undefined,
      m3: report.data('m3', 'a3', { kind: 'stopped' }),
    }),
    ['ordered, m3 resume a3'],
  ],
  [
    'data of another cluster',
    withReports(three, { m3: report.data('m3', 'a3', { kind: 'stopped' }, 'c9') }),
    ['ordered, m3 wipe a3'],
  ],
  [
    'data of a member that was removed',
    withReports(listed([a1, a2]), { m3: report.data('m3', 'a3') }),
    ['ordered, m3 wipe a3'],
  ],
  [
    'data of a member that was removed, and no quorum to say so',
    withReports(listed([a1, a2], {}, { sight: silent }), { m3: report.data('m3', 'a3') }),
    [],
  ],
  ...(['removed', 'amnesiac', 'bootstrapped', 'other-cluster', 'damaged', 'stale-list'] as const).map(
    (finding) =>
      [
        `it ended: ${finding}`,
        withReports(three, { m3: report.data('m3', 'a3', ended(finding)) }),
        ['ordered, m3 wipe a3'],
      ] as const,
  ),
  ...(['no-peers', 'port-taken', 'unknown', 'refused-flags'] as const).map(
    (finding) =>
      [
        `it ended and may go on: ${finding}`,
        withReports(three, { m3: report.data('m3', 'a3', ended(finding)) }),
        [],
      ] as const,
  ),
  [
    'it cannot be read',
    withReports(three, {
      m3: { ...report.data('m3', 'a3'), disk: { kind: 'unreadable', reason: 'I/O error' } },
    }),
    [],
  ],
  [
    'no quorum: nobody is removed, added or wiped',
    withReports(planInput(3, { sight: silent, orders: new Map() }), {
      m1: report.data('m1', 'a1', { kind: 'stopped' }),
      m2: report.empty('m2', 'n2'),
      m3: report.data('m3', 'a3', ended('amnesiac')),
    }),
    ['ordered, m1 resume a1'],
  ],
  [
    'the cluster file names m3 no more',
    { ...three, wanted: three.wanted.slice(0, 2), reports: withReports(three, gone).reports },
    ['remove a3 of m3'],
  ],
  [
    'and the others are not well',
    {
      ...three,
      wanted: three.wanted.slice(0, 2),
      reports: withReports(three, { ...gone, m2: undefined }).reports,
    },
    [],
  ],
  ['somebody changed the list', planInput(3, { sight: quorum([a1, a2, a3, voter('x', 'ff')]) }), ['learned']],
];

function fiveVoters() {
  return five.record?.members ?? [];
}

test.each(table)('%s', (_what, input, steps) => {
  expect(inShort(planMembers(input))).toEqual(steps);
});

test('a start that was ordered is not ordered again while it runs', () => {
  const order = {
    kind: 'start',
    nonce: 'fresh',
    name: 'm3',
    state: 'existing',
    token: 't1',
    initialCluster: [],
  } as const;
  const orders = new Map([...three.orders, ['m3', standing(order)] as const]);
  const input = withReports(listed(asLearner, forFresh, { orders }), { m3: report.data('m3', 'b3') });
  expect(inShort(planMembers(input))).toEqual(['promote b3 of m3']);
});
