// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import type { MemberReport } from '../../model/index.js';
import type { MachineLife, StoreRecord } from '../../registry/index.js';
import { chooseSurvivor, findLiveVoters, findObstacle, type RecoveryMachine } from './plan-recovery.js';

const life = (isBootOver: boolean): MachineLife => ({
  state: isBootOver ? 'created' : 'lost',
  since: 1,
  reason: '',
  lastSeen: 1,
  handledOrder: 1,
  bootId: 'b1',
  isBootOver,
});

const report = (disk: MemberReport['disk']): MemberReport => ({
  disk,
  process: { kind: 'stopped' },
  version: '3.5.16',
  peerUrls: [],
  clientUrls: [],
  order: 0,
});
const empty = report({ kind: 'empty', nonce: 'n' });
const withData = (memberId: string) => report({ kind: 'data', memberId, clusterId: 'c' });

const machine = (name: string, parts: Partial<RecoveryMachine>): RecoveryMachine => ({
  name,
  report: undefined,
  isFresh: true,
  life: undefined,
  ...parts,
});

const record: StoreRecord = {
  phase: 'formed',
  token: 't',
  clusterId: 'c',
  members: ['1', '2', '3'].map((id) => ({
    id,
    name: `core-${id}`,
    peerUrls: [],
    clientUrls: [],
    isLearner: false,
  })),
  places: {},
};
const away = [
  machine('core-2', { report: empty, life: life(false) }),
  machine('core-3', { life: life(true) }),
];

test.each<[string, Partial<RecoveryMachine>, readonly string[]]>([
  ['says that its disk is empty', { report: empty, life: life(false) }, []],
  ['said so, and hangs: there is nothing to go on with', { report: empty, isFresh: false }, []],
  ['has data and listens: it will be told to wipe it', { report: withData('1'), life: life(false) }, []],
  ['has data and hangs', { report: withData('1'), isFresh: false, life: life(false) }, ['core-1']],
  ['is silent', { life: life(false) }, ['core-1']],
  ['is off', { life: life(true) }, []],
  ['was destroyed', { life: undefined }, []],
])('an old voter whose machine %s', (_, parts, alive) => {
  const found = findLiveVoters(record, [machine('core-1', parts), ...away]);
  expect(found.map(({ name }) => name)).toEqual(alive);
});

describe('old voters', () => {
  test('that no machine is known to run may be alive', () => {
    expect(findLiveVoters(record, away).map(({ name }) => name)).toEqual(['core-1']);
  });

  test('are known by their data, not by their name', () => {
    const other = machine('other', { report: withData('1'), life: life(false) });
    const silent = machine('core-1', { life: life(false) });
    expect(findLiveVoters(record, [other, silent, ...away])).toEqual([]);
  });

  test('are known by the place that was given to their machine', () => {
    const places = { other: { nonce: 'n', memberId: '1', at: 1, failures: 0 } };
    const off = machine('other', { life: life(true) });
    const silent = machine('core-1', { life: life(false) });
    expect(findLiveVoters({ ...record, places }, [off, silent, ...away])).toEqual([]);
  });

  test('do not include learners, and do include founders that no quorum has told of', () => {
    const learner = record.members.map((member) => ({ ...member, isLearner: member.id === '1' }));
    const silent = machine('core-1', { life: life(false) });
    expect(findLiveVoters({ ...record, members: learner }, [silent, ...away])).toEqual([]);
    const places = { 'core-1': { nonce: 'n', memberId: '', at: 1, failures: 0 } };
    const forming: StoreRecord = { ...record, phase: 'forming', members: [], places };
    expect(findLiveVoters(forming, [silent]).map(({ name }) => name)).toEqual(['core-1']);
  });
});

const view = (state: 'ok' | 'healing' | 'no-quorum') => ({
  state,
  reason: '',
  since: 0,
  leader: '',
  members: {},
});
const restore = { path: '/s', sha256: 's', revision: 1 };
test.each([
  ['formed, no quorum', record, view('no-quorum'), false, undefined],
  ['formed, and well', record, view('ok'), true, 'a quorum of the store answers'],
  ['sealed', { ...record, phase: 'sealed' as const }, view('no-quorum'), true, 'the cluster was stopped'],
  ['forming', { ...record, phase: 'forming' as const }, undefined, false, 'never formed'],
  ['forming, with a file', { ...record, phase: 'forming' as const }, undefined, true, undefined],
  ['forming of a snapshot', { ...record, phase: 'forming' as const, restore }, undefined, false, undefined],
  ['unknown', undefined, undefined, false, 'never formed'],
  ['unknown, with a file', undefined, undefined, true, undefined],
])('recovering a cluster that is %s', (_, seen, seenView, hasFile, why) => {
  const found = findObstacle(seen, seenView, hasFile);
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found?.why).toContain(why);
});

test('the best survivor has the highest term, then the highest index; IDs and order do not count', () => {
  const one = (machine: string, raftTerm: bigint, raftIndex: bigint) => ({
    machine,
    endpoint: '',
    revision: 1,
    raftTerm,
    raftIndex,
  });
  const all = [one('a', 2n, 90n), one('b', 3n, 10n), one('c', 3n, 9n)];
  expect(chooseSurvivor(all)?.machine).toBe('b');
  expect(chooseSurvivor([...all].reverse())?.machine).toBe('b');
  expect(chooseSurvivor([])).toBeUndefined();
});
