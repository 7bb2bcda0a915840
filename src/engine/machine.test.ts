// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import type { MachineLife } from '../registry/index.js';
import { absentLife, type MachineEvent, stepMachine } from './machine.js';

const states: readonly MachineLife['state'][] = [
  'absent',
  'created',
  'booting',
  'joined',
  'rebooting',
  'lost',
  'gone',
];

/** Each machine's last boot was "b1"; it is over unless the machine has joined. */
function lifeIn(state: MachineLife['state']): MachineLife {
  return { ...absentLife, state, since: 1, handledOrder: 5, bootId: 'b1', isBootOver: state !== 'joined' };
}

const events: Readonly<Record<string, MachineEvent>> = {
  'powered on': { kind: 'powered-on', order: 6, hasStarted: true },
  'already on': { kind: 'powered-on', order: 6, hasStarted: false },
  'powered off': { kind: 'powered-off', order: 6 },
  'power-cycled': { kind: 'power-cycled', order: 6 },
  failed: { kind: 'failed', order: 6, reason: 'no room' },
  ended: { kind: 'ended', reason: 'SIGKILL' },
  'same boot announced': { kind: 'announced', bootId: 'b1' },
  'new boot announced': { kind: 'announced', bootId: 'b2' },
  leaving: { kind: 'leaving' },
  unannounced: { kind: 'unannounced' },
  dropped: { kind: 'dropped' },
};

/** Rows: events; columns: the state before, in the order of `states`. */
const table: Readonly<Record<string, readonly MachineLife['state'][]>> = {
  'powered on': ['booting', 'booting', 'booting', 'booting', 'booting', 'booting', 'booting'],
  'already on': ['booting', 'booting', 'booting', 'joined', 'booting', 'booting', 'booting'],
  'powered off': ['created', 'created', 'created', 'created', 'created', 'created', 'created'],
  'power-cycled': ['rebooting', 'rebooting', 'rebooting', 'rebooting', 'rebooting', 'rebooting', 'rebooting'],
  failed: ['lost', 'lost', 'lost', 'lost', 'lost', 'lost', 'lost'],
  ended: ['absent', 'created', 'lost', 'lost', 'lost', 'lost', 'gone'],
  'same boot announced': ['absent', 'created', 'booting', 'joined', 'rebooting', 'lost', 'gone'],
  'new boot announced': ['joined', 'joined', 'joined', 'joined', 'joined', 'joined', 'gone'],
  leaving: ['absent', 'created', 'booting', 'lost', 'rebooting', 'lost', 'gone'],
  unannounced: ['absent', 'created', 'booting', 'lost', 'rebooting', 'lost', 'gone'],
  dropped: ['gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone'],
};

describe('every event in every state', () => {
  for (const [name, event] of Object.entries(events)) {
    test(name, () => {
      expect(states.map((state) => stepMachine(lifeIn(state), event, 9).life?.state)).toEqual(table[name]);
    });
  }
});

test('an order asks for its action until its outcome is reported', () => {
  const order = { kind: 'ordered', want: 'on', order: 6 } as const;
  expect(stepMachine(lifeIn('created'), order, 9).action).toBe('power-on');
  const done = stepMachine(lifeIn('created'), { kind: 'powered-on', order: 6, hasStarted: true }, 9).life;
  expect(stepMachine(done ?? absentLife, order, 9).action).toBeUndefined();
});

test('a machine that only fell silent is power-cycled, one that ended is powered on', () => {
  const order = { kind: 'ordered', want: 'on', order: 6 } as const;
  const silent = stepMachine(lifeIn('joined'), { kind: 'unannounced' }, 9).life ?? absentLife;
  const ended = stepMachine(lifeIn('joined'), { kind: 'ended', reason: 'SIGKILL' }, 9).life ?? absentLife;
  expect(stepMachine(silent, order, 10).action).toBe('power-cycle');
  expect(stepMachine(ended, order, 10).action).toBe('power-on');
});

test('a machine that fell silent is back when the same boot speaks again', () => {
  const silent = stepMachine(lifeIn('joined'), { kind: 'unannounced' }, 9).life ?? absentLife;
  expect(silent).toMatchObject({ state: 'lost', lastSeen: 9 });
  expect(stepMachine(silent, { kind: 'announced', bootId: 'b1' }, 10).life).toMatchObject({
    state: 'joined',
  });
});

test('the registration that a dead machine leaves behind is no sign of life', () => {
  const dead = stepMachine(lifeIn('joined'), { kind: 'ended', reason: 'SIGKILL' }, 9).life ?? absentLife;
  expect(stepMachine(dead, { kind: 'announced', bootId: 'b1' }, 10).life).toBe(dead);
  expect(stepMachine(dead, { kind: 'announced', bootId: 'b2' }, 10).life).toMatchObject({ state: 'joined' });
});

test('destroyed means forgotten', () => {
  expect(stepMachine(lifeIn('gone'), { kind: 'destroyed' }, 9).life).toBeUndefined();
});
