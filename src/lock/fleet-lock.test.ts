// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { realRandom, silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { memoryKv } from '../etcd/testing.js';
import { type FleetLockDeps, fleetLockHandler } from './fleet-lock.js';
import { openRebootLock } from './reboot-lock.js';

function openFace(more: Partial<FleetLockDeps> = {}) {
  const clock = manualClock(1_000);
  const kv = memoryKv({ clock });
  const lock = openRebootLock({ kv, clock, random: realRandom });
  const handler = fleetLockHandler({
    lock,
    log: silentLog,
    groups: async () => new Set(['default', 'db.1']),
    machineOf: async (id) =>
      id === 'known' ? { machine: 'core-01', bootId: 'b1' } : { machine: '', bootId: '' },
    gateFor: () => async () => undefined,
    notWell: async () => undefined,
    ...more,
  });
  const post = async (path: string, body: unknown, options: RequestInit = {}) => {
    const answer = await handler(
      new Request(`http://x/v1/${path}`, {
        method: 'POST',
        headers: { 'fleet-lock-protocol': 'true' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...options,
      }),
    );
    const text = await answer.text();
    return { status: answer.status, type: answer.headers.get('content-type'), text };
  };
  return { lock, kv, post };
}

const who = (id: unknown, group: unknown = 'default') => ({ client_params: { id, group } });

describe('the protocol', () => {
  test('both calls may be made again and again', async () => {
    const { post, lock } = openFace();
    for (let count = 0; count < 2; count += 1)
      expect(await post('pre-reboot', who('a'))).toMatchObject({ status: 200, text: '' });
    expect((await lock.look('')).holders).toMatchObject([{ id: 'a', face: 'fleetlock', machine: '' }]);
    for (let count = 0; count < 2; count += 1)
      expect(await post('steady-state', who('a'))).toMatchObject({ status: 200, text: '' });
    expect((await lock.look('')).holders).toEqual([]);
  });
  test('who comes too late is told so, as JSON that says so', async () => {
    const { post, lock } = openFace();
    await post('pre-reboot', who('known'));
    const answer = await post('pre-reboot', who('b'));
    expect(answer).toMatchObject({ status: 500, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({ kind: 'failed_lock', value: 'b: no place is free: core-01' });
    expect(await post('steady-state', who('b'))).toMatchObject({ status: 200 });
    expect((await lock.look('')).waiters).toEqual([]);
  });
  test('a group has places of its own', async () => {
    const { post } = openFace();
    await post('pre-reboot', who('a'));
    expect(await post('pre-reboot', who('a', 'db.1'))).toMatchObject({ status: 200 });
    const answer = await post('pre-reboot', who('a', 'nobody'));
    expect([answer.status, JSON.parse(answer.text).kind]).toEqual([400, 'unknown_group']);
  });
  test.each<[string, unknown, RequestInit]>([
    ['no header', who('a'), { headers: {} }],
    ['another header', who('a'), { headers: { 'fleet-lock-protocol': 'TRUE' } }],
    ['no JSON', 'hello', {}],
    ['no parameters', {}, {}],
    ['no ID', who(''), {}],
    ['an ID that is none', who(7), {}],
    ['an ID without end', who('a'.repeat(257)), {}],
    ['an ID of more than one line', who('a\n\u001b[31mMax: 9'), {}],
    ['no group', who('a', ''), {}],
    ['a group with other signs', who('a', 'a_b'), {}],
    ['a body without end', JSON.stringify(who('a')).padEnd(5_000), {}],
  ])('%s is refused', async (_what, body, options) => {
    const { post, kv } = openFace();
    const answer = await post('pre-reboot', body, options);
    expect([answer.status, JSON.parse(answer.text).kind]).toEqual([400, 'invalid_client_identity']);
    expect(kv.watchCount()).toBe(0);
  });
  test('nothing but POST', async () => {
    const { post } = openFace();
    const answer = await post('pre-reboot', undefined, { method: 'GET', body: null });
    expect([answer.status, JSON.parse(answer.text).kind]).toEqual([405, 'invalid_method']);
  });
  test('a store that is away is a failure that a client tries again after', async () => {
    const { post, kv } = openFace();
    kv.setAway(true);
    const answer = await post('pre-reboot', who('a'));
    expect([answer.status, JSON.parse(answer.text).kind]).toEqual([500, 'failed_lock']);
  });
  test('what the cluster cannot spare is not given', async () => {
    const { post } = openFace({ gateFor: (machine) => async () => (machine === '' ? undefined : 'quorum') });
    expect(await post('pre-reboot', who('known'))).toMatchObject({ status: 500 });
    expect(await post('pre-reboot', who('b'))).toMatchObject({ status: 200 });
  });
  test('a machine that is not well keeps its place, and is known to want to give it back', async () => {
    const { post, lock } = openFace({ notWell: async () => 'docker.service failed' });
    await post('pre-reboot', who('known'));
    const answer = await post('steady-state', who('known'));
    expect(JSON.parse(answer.text).value).toBe('known is not well yet: docker.service failed');
    expect((await lock.look('')).holders).toMatchObject([{ id: 'known', phase: 'releasing' }]);
  });
});
