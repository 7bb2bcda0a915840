// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { machineId } from '../../model/index.js';
import { openUnitTable } from '../../registry/index.js';
import { judgeUnit } from './judge-unit.js';

const a = machineId('a'.repeat(32));
const b = machineId('b'.repeat(32));
const fleet = '/_coreos.com/fleet';
const given = '01'.repeat(20);
const former = '02'.repeat(20);

function openWorld() {
  const table = openUnitTable();
  table.fold(
    `${fleet}/job/u.service/object`,
    JSON.stringify({ Name: 'u.service', UnitHash: Array(20).fill(1) }),
    1,
  );
  return {
    table,
    target: (id: string) => table.fold(`${fleet}/job/u.service/target`, id, 1),
    order: (id: string, hash = given, more: object = {}) =>
      table.fold(
        `/_muster_units/schedule/${id}/u.service`,
        JSON.stringify({ hash, state: 'launched', restart: 0, ...more }),
        1,
      ),
    state: (id: string, activeState: string | undefined, more: object = {}) =>
      table.fold(
        `${fleet}/states/u.service/${id}`,
        activeState &&
          JSON.stringify({ loadState: 'loaded', activeState, subState: 'x', unitHash: given, ...more }),
        1,
      ),
  };
}

test('a unit is launched once it is up on its machine, and not before', () => {
  const { table, target, order, state } = openWorld();
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  state(b, 'active');
  target(a);
  order(a);
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  state(a, 'activating');
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  state(a, 'active');
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({
    kind: 'reached',
    word: 'launched on aaaaaaaa',
  });
  state(a, 'inactive', { done: true });
  expect(judgeUnit(table, 'u.service', 'launched').kind).toBe('reached');
});

test('one that fails is told at once, with its reason; an old text, or an old failure, is not', () => {
  const { table, target, order, state } = openWorld();
  target(a);
  order(a, former);
  state(a, 'failed', { reason: 'exit code 203' });
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  order(a, given);
  const failed = { kind: 'failed', machine: a, reason: 'exit code 203' };
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual(failed);
  expect(judgeUnit(table, 'u.service', 'launched', () => true)).toEqual({ kind: 'open' });
  expect(judgeUnit(table, 'u.service', 'loaded').kind).toBe('reached');
});

test('another text counts once it runs and has stayed up; one that was put back has failed', () => {
  const { table, target, order, state } = openWorld();
  target(a);
  order(a, former);
  state(a, 'active', { unitHash: former });
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  order(a, given, { previous: former });
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  state(a, 'active');
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  order(a, given, { previous: former, isProved: true });
  expect(judgeUnit(table, 'u.service', 'launched').kind).toBe('reached');
  order(a, former);
  table.fold(
    '/_muster_units/rollouts/u.service',
    JSON.stringify({ badHash: given, goodHash: former, reason: 'u.service: exited with code 1', at: 1 }),
    1,
  );
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({
    kind: 'failed',
    machine: undefined,
    reason: 'it keeps the text before, u.service: exited with code 1',
  });
});

test('a global unit is launched when it is up wherever it is to be', () => {
  const { table, order, state } = openWorld();
  order(a);
  order(b);
  state(a, 'active');
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'open' });
  state(b, 'active');
  expect(judgeUnit(table, 'u.service', 'launched')).toMatchObject({ word: 'launched on aaaaaaaa, bbbbbbbb' });
  state(b, 'failed', { reason: 'no' });
  expect(judgeUnit(table, 'u.service', 'launched')).toEqual({ kind: 'failed', machine: b, reason: 'no' });
});

test('what is to be nowhere is so once no machine tells of it', () => {
  const { table, target, state } = openWorld();
  target(a);
  state(a, 'active');
  expect(judgeUnit(table, 'u.service', 'inactive')).toEqual({ kind: 'open' });
  table.fold(`${fleet}/job/u.service/target`, undefined, 1);
  expect(judgeUnit(table, 'u.service', 'destroyed')).toEqual({ kind: 'open' });
  state(a, undefined);
  expect(judgeUnit(table, 'u.service', 'destroyed')).toEqual({ kind: 'reached', word: 'destroyed' });
});
