// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { foldToken, maxLate, type Slot, stepToken, type TokenEvent, type TokenState } from './token.js';

const day = 24 * 3_600_000;
const known = { size: 3, usedAt: 1_000, unusedMs: 7 * day };
const slot = (n: number): Slot => ({ memberId: n.toString(16), advert: `m${n}=http://10.0.0.${n}:2380` });
const slots = (count: number) => Array.from({ length: count }, (_, index) => slot(index + 1));
const register = (one: Slot, protocol: 'v2' | 'v3' = 'v2'): TokenEvent => ({
  kind: 'register',
  protocol,
  slot: one,
});
const free = (memberId: string): TokenEvent => ({ kind: 'free', memberId });
const renew: TokenEvent = { kind: 'renew' };
const look: TokenEvent = { kind: 'look' };

const created = foldToken(known, 'v2', []);
const forming = foldToken(known, 'v2', slots(2));
const formed = foldToken(known, 'v2', slots(3));
const expired: TokenState = { kind: 'expired' };
const now = 2_000;
const tooLate = known.usedAt + 7 * day;

/** The kind of the state after, and what is done: the whole table. */
const table: readonly (readonly [string, TokenState, TokenEvent, number, string, string])[] = [
  ['created, a member', created, register(slot(1)), now, 'forming', 'take-slot'],
  ['created, a member by v3', created, register(slot(1), 'v3'), now, 'forming', 'take-slot'],
  ['created, free', created, free('1'), now, 'created', 'no-such-slot'],
  ['created, renewed at once', created, renew, now, 'created', ''],
  ['created, renewed', created, renew, now + day, 'created', 'renew'],
  ['created, renewed too late', created, renew, tooLate, 'expired', 'unknown'],
  ['created, look', created, look, now, 'created', ''],
  ['created, look too late', created, look, tooLate, 'expired', 'forget'],
  ['created, a member too late', created, register(slot(1)), tooLate, 'expired', 'unknown'],
  ['created, free too late', created, free('1'), tooLate, 'expired', 'unknown'],

  ['forming, the last member', forming, register(slot(3)), now, 'formed', 'take-slot'],
  ['forming, the same member', forming, register(slot(1)), now, 'forming', 'taken'],
  [
    'forming, another name of the same',
    forming,
    register({ ...slot(1), advert: 'x=http://10.0.0.1:2380' }),
    now,
    'forming',
    'taken',
  ],
  [
    'forming, a name twice',
    forming,
    register({ memberId: 'a', advert: 'm1=http://10.0.0.9:2380' }),
    now,
    'forming',
    'clash',
  ],
  [
    'forming, a URL twice',
    forming,
    register({ memberId: 'a', advert: 'm9=http://10.0.0.1:2380' }),
    now,
    'forming',
    'clash',
  ],
  ['forming, a member by v3', forming, register(slot(3), 'v3'), now, 'forming', 'other-protocol'],
  ['forming, free', forming, free('1'), now, 'forming', 'free-slot'],
  ['forming, free a stranger', forming, free('9'), now, 'forming', 'no-such-slot'],
  ['forming, renewed', forming, renew, now + day, 'forming', 'renew'],
  ['forming, look', forming, look, now, 'forming', ''],
  ['forming, look too late', forming, look, tooLate, 'expired', 'forget'],
  ['forming, the last member too late', forming, register(slot(3)), tooLate, 'expired', 'unknown'],

  ['formed, one more', formed, register(slot(4)), now, 'formed', 'take-slot'],
  ['formed, a wiped member', formed, register(slot(1)), now, 'formed', 'taken'],
  ['formed, a member by v3', formed, register(slot(4), 'v3'), now, 'formed', 'other-protocol'],
  ['formed, free', formed, free('1'), now, 'formed', 'formed'],
  ['formed, free a stranger', formed, free('9'), now, 'formed', 'formed'],
  ['formed, renewed', formed, renew, now + day, 'formed', ''],
  ['formed, look', formed, look, now, 'formed', ''],
  ['formed, look years later', formed, look, tooLate * 100, 'formed', ''],
  ['formed, a wiped member years later', formed, register(slot(1)), tooLate * 100, 'formed', 'taken'],

  ['expired, a member', expired, register(slot(1)), now, 'expired', 'unknown'],
  ['expired, free', expired, free('1'), now, 'expired', 'unknown'],
  ['expired, renewed', expired, renew, now, 'expired', 'unknown'],
  ['expired, look', expired, look, now, 'expired', ''],
];

test.each(table)('%s', (_name, state, event, at, kind, done) => {
  const step = stepToken(state, event, at);
  const [action] = step.actions;
  expect(step.actions.length).toBeLessThan(2);
  expect(step.state.kind).toBe(kind);
  expect(action?.kind === 'refuse' ? action.why : (action?.kind ?? '')).toBe(done);
});

test('a repeat by protocol v3 is answered while the cluster forms, and refused for ever after', () => {
  const waiting = foldToken(known, 'v3', slots(2));
  expect(stepToken(waiting, register(slot(1), 'v3'), now).actions).toEqual([
    { kind: 'keep-slot', slot: slot(1) },
  ]);
  const other = { ...slot(1), advert: 'x=http://10.0.0.1:2380' };
  expect(stepToken(waiting, register(other, 'v3'), now).actions).toEqual([{ kind: 'refuse', why: 'taken' }]);
  const whole = foldToken(known, 'v3', slots(3));
  expect(stepToken(whole, register(slot(1), 'v3'), now).actions).toEqual([{ kind: 'refuse', why: 'formed' }]);
});

test('members that wait by protocol v3 keep a freed slot in mind, so only a lone one can be freed', () => {
  const two = foldToken(known, 'v3', slots(2));
  expect(stepToken(two, free('1'), now).actions).toEqual([{ kind: 'refuse', why: 'cannot-tell' }]);
  const step = stepToken(foldToken(known, 'v3', slots(1)), free('1'), now);
  expect(step).toMatchObject({ state: { kind: 'created' }, actions: [{ kind: 'free-slot', memberId: '1' }] });
});

test('the first to register have the slots, and use puts the end off', () => {
  const step = stepToken(forming, register(slot(9)), now);
  expect(step.state).toEqual({
    kind: 'formed',
    ...known,
    usedAt: now,
    protocol: 'v2',
    slots: [...slots(2), slot(9)],
    late: [],
  });
  const late = stepToken(step.state, register(slot(3)), now).state;
  expect(late).toMatchObject({ slots: [...slots(2), slot(9)], late: [slot(3)] });
});

test('late registrations have an end', () => {
  const full = foldToken(known, 'v2', slots(3 + maxLate));
  expect(stepToken(full, register(slot(200)), now).actions).toEqual([{ kind: 'refuse', why: 'full' }]);
});
