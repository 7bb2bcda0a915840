// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { MemberReport } from '../../model/index.js';
import type { StandingOrder, StoreRecord } from '../../registry/index.js';
import type { MemberPlanInput } from './member-plan-input.js';
import { planMembers } from './plan-members.js';
import { inShort, now, place, planInput, quorum, report, silent, standing, withReports } from './testing.js';

const empty = (names: readonly string[]): ReadonlyMap<string, MemberReport> =>
  new Map(names.map((name) => [name, report.empty(name, `n-${name}`)]));
const nothing = { record: undefined, orders: new Map<string, StandingOrder>(), sight: silent };
const names = ['m1', 'm2', 'm3'];
const members = planInput(3).record?.members ?? [];
const restore = { path: '/snapshot', sha256: 'aa', revision: 7 };
const places = Object.fromEntries(names.map((name) => [name, place(`n-${name}`, '', now - 10_000)]));
const forming: StoreRecord = { phase: 'forming', token: 't1', clusterId: '', members: [], places };
const otherDisks = new Map(names.map((name) => [name, report.empty(name, `other-${name}`)]));
const sealed: StoreRecord = { phase: 'sealed', token: 't1', clusterId: 'c1', members, places: {}, restore };
const restoring: StoreRecord = {
  phase: 'forming',
  token: 't2',
  clusterId: '',
  members: [],
  places: {},
  restore,
};
const slotOf = (name: string) => ({ name, urls: [`http://${name}:2380`] });
const slots = [...names, 'x1'].map(slotOf);
/** Three machines of its own, and a slot for another. */
const gathering = {
  bootstrap: 'discovery',
  size: 4,
  record: { ...forming, places: {}, discovery: { url: 'http://d/t1', size: 4 } },
} as const;
const seal = { kind: 'seal', at: now } as const;

const table: readonly (readonly [what: string, input: MemberPlanInput, steps: readonly string[]])[] = [
  [
    'static: all are there',
    planInput(3, { ...nothing, reports: empty(names) }),
    [
      'founding, m1 start new on n-m1 with m1+m2+m3, m2 start new on n-m2 with m1+m2+m3, m3 start new on n-m3 with m1+m2+m3',
    ],
  ],
  ['static: one is missing', planInput(3, { ...nothing, reports: empty(['m1', 'm2']) }), []],
  [
    'static: one has data of nobody knows what',
    withReports(planInput(3, { ...nothing, reports: empty(names) }), { m3: report.data('m3', 'ff') }),
    [],
  ],
  [
    'static: one has no etcd',
    withReports(planInput(3, { ...nothing, reports: empty(names) }), {
      m3: { ...report.empty('m3', 'n'), version: '' },
    }),
    [],
  ],
  [
    'seed: one begins, once all have said that they hold nothing',
    planInput(3, { ...nothing, bootstrap: 'seed', reports: empty(names) }),
    ['founding, m1 start new on n-m1 with m1'],
  ],
  [
    'seed: one that has not spoken may hold what the others have lost',
    planInput(3, { ...nothing, bootstrap: 'seed', reports: empty(['m2', 'm3']) }),
    [],
  ],
  [
    'discovery: the slots of its machines are taken first',
    planInput(3, { ...nothing, bootstrap: 'discovery', reports: empty(names) }),
    ['reserve m1+m2+m3 of 3 under new-token'],
  ],
  [
    'discovery: slots are left for others',
    planInput(3, { ...nothing, bootstrap: 'discovery', size: 5, reports: empty(names) }),
    ['reserve m1+m2+m3 of 5 under new-token'],
  ],
  [
    'discovery: others have not registered yet',
    planInput(3, { ...nothing, ...gathering, slots: slots.slice(0, 3), reports: empty(names) }),
    [],
  ],
  [
    'discovery: the token has expired, and nobody was started: begun anew under another',
    planInput(3, { ...nothing, ...gathering, slots: [], reports: empty(names) }),
    ['reserve m1+m2+m3 of 4 under new-token'],
  ],
  [
    'discovery: a slot of its own was freed',
    planInput(3, { ...nothing, ...gathering, slots: slots.slice(1, 3), reports: empty(names) }),
    ['reserve m1+m2+m3 of 4 under new-token'],
  ],
  [
    'discovery: a slot of its own was freed, and another has it: the machine is a member later',
    planInput(3, {
      ...nothing,
      ...gathering,
      slots: [...slots.slice(1), slotOf('x2')],
      reports: empty(names),
    }),
    ['founding, m2 start new on n-m2 with m2+m3+x1+x2, m3 start new on n-m3 with m2+m3+x1+x2'],
  ],
  [
    'discovery: others have all slots',
    planInput(3, {
      ...nothing,
      ...gathering,
      slots: ['x1', 'x2', 'x3', 'x4'].map(slotOf),
      reports: empty(names),
    }),
    ['reserve m1+m2+m3 of 4 under new-token'],
  ],
  [
    'discovery: all have registered, and one machine is away',
    planInput(3, { ...nothing, ...gathering, slots, reports: empty(['m1', 'm2']) }),
    [],
  ],
  [
    'discovery: all have registered',
    planInput(3, { ...nothing, ...gathering, slots, reports: empty(names) }),
    [
      'founding, m1 start new on n-m1 with m1+m2+m3+x1, m2 start new on n-m2 with m1+m2+m3+x1, m3 start new on n-m3 with m1+m2+m3+x1',
    ],
  ],
  [
    'discovery: its machines forgot, and another founder may remember',
    planInput(3, {
      ...nothing,
      ...gathering,
      record: { ...gathering.record, places },
      slots,
      reports: otherDisks,
    }),
    [],
  ],
  [
    'discovery: another founder may remember, and the cluster file has another bootstrap by now',
    planInput(3, {
      ...nothing,
      ...gathering,
      bootstrap: 'static',
      record: { ...gathering.record, places },
      reports: otherDisks,
    }),
    [],
  ],
  [
    'discovery: no founder remembers',
    planInput(3, {
      ...nothing,
      ...gathering,
      record: { ...gathering.record, places, discovery: { url: 'http://d/t1', size: 3 } },
      slots: slots.slice(0, 3),
      reports: otherDisks,
    }),
    ['reserve m1+m2+m3 of 4 under new-token'],
  ],
  ['founders are under way', planInput(3, { ...nothing, record: forming, reports: empty(names) }), []],
  [
    'one founder remembers: nothing is begun anew',
    withReports(planInput(3, { ...nothing, record: forming, reports: otherDisks }), {
      m1: report.data('m1', 'a1', { kind: 'starting' }),
    }),
    [],
  ],
  [
    'one founder remembers, and its agent was started anew',
    withReports(planInput(3, { ...nothing, record: forming, reports: otherDisks }), {
      m1: report.data('m1', 'a1', { kind: 'stopped' }),
    }),
    ['ordered, m1 resume a1'],
  ],
  [
    'one founder is away: it may remember',
    withReports(planInput(3, { ...nothing, record: forming, reports: otherDisks }), { m1: undefined }),
    [],
  ],
  [
    'no founder remembers',
    planInput(3, { ...nothing, record: forming, reports: otherDisks }),
    [
      'founding, m1 start new on other-m1 with m1+m2+m3, m2 start new on other-m2 with m1+m2+m3, m3 start new on other-m3 with m1+m2+m3',
    ],
  ],
  ['a quorum answers', planInput(3, { record: forming }), ['formed']],
  ['a cluster that muster forgot', planInput(3, { record: undefined }), ['adopted']],
  ['asked to seal', planInput(3, { request: seal }), ['seal']],
  ['asked to seal without a quorum', planInput(3, { request: seal, sight: silent }), []],
  ['sealed, and asked to stay so', planInput(3, { record: sealed, request: seal, sight: silent }), []],
  [
    'sealed, and it never stopped',
    planInput(3, { record: sealed, sight: quorum(members, true) }),
    ['unsealed'],
  ],
  ['unsealed in the record alone', planInput(3, { sight: quorum(members, true) }), ['unseal']],
  [
    'sealed, and all disks are empty',
    planInput(3, { record: sealed, sight: silent, reports: empty(names) }),
    ['restoring'],
  ],
  [
    'sealed, and one disk is not',
    withReports(planInput(3, { record: sealed, sight: silent, reports: empty(names) }), {
      m3: report.data('m3', 'a3', { kind: 'stopped' }),
    }),
    ['restoring, m3 wipe any'],
  ],
  [
    'restoring',
    planInput(3, { ...nothing, record: restoring, reports: empty(names) }),
    [
      'founding, m1 restore on n-m1 with m1+m2+m3, m2 restore on n-m2 with m1+m2+m3, m3 restore on n-m3 with m1+m2+m3',
    ],
  ],
  [
    'restoring, and one has old data',
    withReports(planInput(3, { ...nothing, record: restoring, reports: empty(names) }), {
      m3: report.data('m3', 'a3', { kind: 'stopped' }),
    }),
    ['ordered, m3 wipe any'],
  ],
  [
    'the operator restores',
    planInput(3, {
      sight: silent,
      request: { kind: 'restore', at: now, snapshot: restore, reason: 'lost' },
      reports: empty(['m1']),
    }),
    ['restoring, m1 wipe any, m2 wipe any, m3 wipe any'],
  ],
];

test.each(table)('%s', (_what, input, steps) => {
  expect(inShort(planMembers(input))).toEqual(steps);
});

test.each(table.filter(([, input]) => input.sight.kind === 'silent'))(
  'without a quorum no membership is touched: %s',
  (_what, input) => {
    expect(planMembers(input).every(({ kind }) => ['write', 'reserve'].includes(kind))).toBe(true);
  },
);

test.each(table)('what was written is not written again: %s', (_what, input) => {
  const steps = planMembers(input);
  const orders = new Map(input.orders);
  let { record, request } = input;
  for (const step of steps) {
    if (step.kind !== 'write') continue;
    for (const [name, order] of step.orders) orders.set(name, standing(order, 2));
    record = step.record ?? record;
    request = step.isRequestDone ? undefined : request;
  }
  const after = { ...input, orders, record, request };
  const shown = steps.filter(({ kind }) => kind === 'write');
  const again = inShort(planMembers(after));
  for (const step of inShort(shown)) expect(again).not.toContain(step);
});

test('a founding that is begun anew has a token that was never used', () => {
  const [step] = planMembers(planInput(3, { ...nothing, record: forming, reports: otherDisks }));
  expect(step?.kind === 'write' && step.record).toMatchObject({ token: 'new-token', phase: 'forming' });
});
