// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { type RebootEvent, type RebootState, type RebootStep, stepReboot } from './reboot.js';

const limits = { returnMs: 1_000, wellMs: 2_000, settleMs: 100 };
const states: Readonly<Record<string, RebootState>> = {
  idle: { kind: 'idle' },
  waiting: { kind: 'waiting', since: 0, why: '' },
  holding: { kind: 'holding', fence: 7 },
  rebooting: { kind: 'rebooting', fence: 7, bootId: 'old', deadline: 1_000 },
  'releasing, not well': { kind: 'releasing', fence: 7, wellSince: 0, deadline: 2_000 },
  'releasing, well since 10': { kind: 'releasing', fence: 7, wellSince: 10, deadline: 2_000 },
};
const seen = (bootId: string, isJoined: boolean, notWell = ''): RebootEvent => ({
  kind: 'seen',
  bootId,
  isJoined,
  notWell,
});
const events: Readonly<Record<string, RebootEvent>> = {
  asked: { kind: 'asked' },
  refused: { kind: 'refused', why: 'full' },
  granted: { kind: 'granted', fence: 7 },
  ready: { kind: 'ready', bootId: 'old' },
  'seen as before': seen('old', true),
  'seen away': seen('', false),
  'seen anew, not joined': seen('new', false),
  'seen anew, not well': seen('new', true, 'x failed'),
  'seen anew, well': seen('new', true),
  tick: { kind: 'tick' },
  lost: { kind: 'lost' },
  failed: { kind: 'failed', why: 'broken' },
};

function eventOf(name: string): RebootEvent {
  return events[name] ?? { kind: 'tick' };
}

const textOf = ({ state, actions }: RebootStep) =>
  [
    state.kind,
    ...actions.map((action) => (action.kind === 'hold' ? `hold: ${action.why}` : action.kind)),
  ].join(', ');

/** Every state against every event at 50 ms; what is not listed changes nothing. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  idle: { asked: 'waiting, acquire' },
  waiting: {
    granted: 'holding, drain',
    tick: 'waiting, acquire',
    lost: 'idle',
    failed: 'idle',
  },
  holding: { ready: 'rebooting, reboot', lost: 'idle', failed: 'idle, release' },
  rebooting: {
    'seen anew, not well': 'releasing',
    'seen anew, well': 'releasing',
    lost: 'idle',
    failed: 'idle, hold: broken',
  },
  'releasing, not well': { lost: 'idle', failed: 'idle, hold: broken' },
  'releasing, well since 10': { lost: 'idle', failed: 'idle, hold: broken' },
};

describe.each(Object.entries(states))('%s', (name, state) => {
  test.each(Object.keys(events))('%s', (event) => {
    expect(textOf(stepReboot(state, eventOf(event), 50, limits))).toBe(table[name]?.[event] ?? state.kind);
  });
});

describe('time', () => {
  const { rebooting, 'releasing, not well': unwell, 'releasing, well since 10': well } = states;
  test.each<[string, RebootState | undefined, string, number, string]>([
    ['it does not come back', rebooting, 'tick', 1_000, 'idle, hold: it is not back after 1 s'],
    ['its old boot is no return', rebooting, 'seen as before', 1_000, 'idle, hold: it is not back after 1 s'],
    ['it is back at the last moment', rebooting, 'seen anew, well', 1_000, 'releasing'],
    [
      'it does not get well',
      unwell,
      'seen anew, not well',
      2_000,
      'idle, hold: it is not well after 2 s: x failed',
    ],
    ['it was well for long enough', well, 'tick', 110, 'idle, release'],
    ['it was well, and is not any more', well, 'seen anew, not well', 110, 'releasing'],
    ['it went away while it settled', well, 'seen away', 110, 'releasing'],
    ['it may settle past the time', well, 'tick', 2_000, 'idle, release'],
  ])('%s', (_what, state, event, now, expected) => {
    expect(textOf(stepReboot(state ?? { kind: 'idle' }, eventOf(event), now, limits))).toBe(expected);
  });
  test('a break begins the settling anew', () => {
    const broken = stepReboot(well ?? { kind: 'idle' }, seen('new', true, 'x failed'), 60, limits);
    expect(broken.state).toMatchObject({ wellSince: 0 });
    expect(stepReboot(broken.state, seen('new', true), 70, limits).state).toMatchObject({ wellSince: 70 });
  });
});
