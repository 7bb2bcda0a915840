// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import type { LockHolder } from '../../lock/index.js';
import { machineId } from '../../model/index.js';
import { emptySnapshot, type MachineLife } from '../../registry/index.js';
import { lockMachines } from './lock-machines.js';
import { planCare } from './plan-care.js';

const id = machineId('a'.repeat(32));
const machines = lockMachines([{ name: 'core-01', id }]);

const life = (state: MachineLife['state'], since: number, bootId = 'old'): MachineLife => ({
  ...{ state, since, bootId, reason: '', lastSeen: 0, handledOrder: 0, isBootOver: false },
});
const holder = (part: Partial<LockHolder>): LockHolder => ({
  ...{ id, machine: 'core-01', since: 0, phase: 'holding', deadline: 0, bootId: 'old', fence: 7 },
  ...{ face: 'muster', reason: '' },
  ...part,
});

/** At 100 s; a holder is freed after 50 s, a machine is well after 5. */
function careOf(part: Partial<LockHolder>, of?: MachineLife, wellSince?: number): string {
  const state = { holders: [holder(part)] } as unknown as Parameters<typeof planCare>[0]['state'];
  const [care] = planCare({
    ...{ state, machines, freeAfterMs: 50_000, wellForMs: 5_000, now: 100_000 },
    snapshot: { ...emptySnapshot, lives: new Map(of === undefined ? [] : [['core-01', of]]) },
    wellSince: new Map(wellSince === undefined ? [] : [['core-01', wellSince]]),
  });
  if (care === undefined) return 'nothing';
  return 'why' in care ? `${care.kind}: ${care.why}` : care.kind;
}

describe('a holder', () => {
  test.each<[string, Partial<LockHolder>, MachineLife | undefined, number | undefined, string]>([
    ['holds it, and its machine is there', {}, life('joined', 0), undefined, 'nothing'],
    ['is of a machine that was not known', { machine: '' }, life('joined', 0), undefined, 'name'],
    ['is nobody that is known', { id: 'x', machine: '' }, undefined, undefined, 'nothing'],
    ['may be just rebooting', { phase: 'rebooting' }, life('rebooting', 90_000), undefined, 'nothing'],
    ['is lost, but not for long', {}, life('lost', 60_000), undefined, 'nothing'],
    ['took it lately', { since: 60_000 }, life('lost', 0), undefined, 'nothing'],
    ['is lost for long', {}, life('lost', 50_000), undefined, 'free: it is lost for 50 s'],
    [
      'boots for ever',
      { phase: 'rebooting' },
      life('booting', 40_000),
      undefined,
      'free: it is booting for 60 s',
    ],
    [
      'left the cluster',
      { id: 'gone', machine: 'core-09' },
      undefined,
      undefined,
      'free: the cluster has no such machine any more',
    ],
    ['left it lately', { id: 'gone', machine: 'core-09', since: 60_000 }, undefined, undefined, 'nothing'],
    [
      'took it and died',
      { deadline: 99_000 },
      life('joined', 0),
      undefined,
      'release: it was taken and never used: whoever took it is gone',
    ],
    ['is back', { phase: 'rebooting' }, life('joined', 90_000, 'new'), undefined, 'returned'],
    ['has not gone down', { phase: 'rebooting' }, life('joined', 0), undefined, 'nothing'],
    [
      'is late',
      { phase: 'rebooting', deadline: 99_000 },
      life('booting', 90_000),
      undefined,
      'fail: it is booting, and was to be back',
    ],
    [
      'is late, and that is known',
      { phase: 'rebooting', deadline: 99_000, reason: 'x' },
      life('booting', 90_000),
      undefined,
      'nothing',
    ],
    [
      'is well for long enough',
      { phase: 'releasing' },
      life('joined', 0),
      95_000,
      'release: it is well again',
    ],
    ['is well, but not for long', { phase: 'releasing' }, life('joined', 0), 96_000, 'nothing'],
  ])('%s', (_what, part, of, wellSince, expected) => {
    expect(careOf(part, of, wellSince)).toBe(expected);
  });
});

test('a machine is known by all of its names', () => {
  expect(machines.find('core-01')?.name).toBe('core-01');
  expect(machines.find(id)?.name).toBe('core-01');
  expect(machines.find(id.toUpperCase())?.name).toBe('core-01');
  expect(machines.find('x')).toBeUndefined();
});
