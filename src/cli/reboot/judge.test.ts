// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { machineId } from '../../model/index.js';
import {
  type ClusterSnapshot,
  emptySnapshot,
  type MachineLife,
  type NodeState,
  type StoreRecord,
  type StoreView,
} from '../../registry/index.js';
import { judgeGrant } from './judge-grant.js';
import { judgeWell } from './judge-well.js';
import { planOrder } from './plan-order.js';

type MemberState = StoreView['members'][string]['state'];

function cluster(states: Readonly<Record<string, MemberState>>, state: StoreView['state'] = 'ok') {
  const members = Object.entries(states).map(([name, member], index) => [
    name,
    { id: String(index + 1), state: member, reason: '', since: 0 },
  ]);
  const storeView: StoreView = {
    ...{ state, reason: state === 'ok' ? '' : 'why', since: 0, leader: '1' },
    members: Object.fromEntries(members),
  };
  const store: StoreRecord = {
    ...{ phase: 'formed', token: '', clusterId: 'c', places: {} },
    members: Object.keys(states).map((name) => ({
      ...{ id: '', name, peerUrls: [], clientUrls: [], isLearner: states[name] === 'learner' },
    })),
  };
  return { store, storeView };
}

const three = { a: 'voter', b: 'voter', c: 'voter' } as const;

describe('what the store can do without', () => {
  test.each<[string, ReturnType<typeof cluster>, string, readonly string[], string | undefined]>([
    ['one of three', cluster(three), 'a', [], undefined],
    ['a proxy, whatever the members do', cluster({ ...three, b: 'lost' }), 'p', ['a'], undefined],
    ['a second of three', cluster(three), 'a', ['b'], 'b is a member too, and reboots'],
    ['itself and proxies hold it already', cluster(three), 'a', ['a', 'p', ''], undefined],
    [
      'one is away',
      cluster({ ...three, b: 'lost' }),
      'a',
      [],
      'the member on b is no voter that runs: it is lost',
    ],
    [
      'one only learns',
      cluster({ ...three, b: 'learner' }),
      'a',
      [],
      'the member on b is no voter that runs: it is learner',
    ],
    ['it is away itself', cluster({ ...three, a: 'lost' }), 'a', [], undefined],
    [
      'one of two',
      cluster({ a: 'voter', b: 'voter' }),
      'a',
      [],
      'the store would be left with 1 of 2 voters, and 2 are needed',
    ],
    [
      'the only one',
      cluster({ a: 'voter' }),
      'a',
      [],
      'the store would be left with 0 of 1 voters, and 1 are needed',
    ],
  ])('%s', (_what, snapshot, machine, rebooting, expected) => {
    expect(judgeGrant(snapshot, machine, rebooting, 0)).toBe(expected);
  });
  test('no etcd on the machines', () => expect(judgeGrant(emptySnapshot, 'a', ['b'], 0)).toBeUndefined());
  test.each([
    [0, 'the store would be left with 1 of 3 voters, and 2 are needed'],
    [1, undefined],
  ])('a third voter on a machine of others, %i serving', (serving, expected) => {
    const { store, storeView } = cluster({ a: 'voter', b: 'voter' });
    const foreign = { id: '9', name: 'c', peerUrls: [], clientUrls: [], isLearner: false };
    const snapshot = { store: { ...store, members: [...store.members, foreign] }, storeView };
    expect(judgeGrant(snapshot, 'a', [], serving)).toBe(expected);
  });
});

const id = machineId('a'.repeat(32));
const joined: MachineLife = {
  ...{ state: 'joined', since: 0, reason: '', lastSeen: 0, handledOrder: 0, bootId: 'b', isBootOver: false },
};
const node: NodeState = {
  ...{
    name: 'a',
    bootId: 'b',
    privateIp: '',
    publicIp: '',
    startedAt: 0,
    stage: 'running',
    units: [],
    problems: [],
  },
};

describe('a machine after its reboot', () => {
  const seen = (
    life: Partial<MachineLife>,
    part: Partial<NodeState>,
    more: Partial<ClusterSnapshot> = {},
  ): ClusterSnapshot => ({
    ...emptySnapshot,
    lives: new Map([['a', { ...joined, ...life }]]),
    nodes: new Map([[id, { ...node, ...part }]]),
    ...more,
  });
  const unit = (active: string) => ({ units: [{ name: 'x.service', active, sub: '', reason: 'exited' }] });
  test.each<[string, ClusterSnapshot, string | undefined]>([
    ['is well', seen({}, unit('active')), undefined],
    ['is away', seen({ state: 'lost', reason: 'SIGKILL' }, {}), 'it is lost: SIGKILL'],
    ['was never there', emptySnapshot, 'it is absent'],
    ['configures itself', seen({}, { stage: 'configuring' }), 'its agent is configuring'],
    ['has a unit that failed', seen({}, unit('failed')), 'x.service is failed: exited'],
    ['has a unit that starts', seen({}, unit('activating')), 'x.service is activating: exited'],
    ['has a voter', seen({}, {}, cluster(three)), undefined],
    ['has a learner', seen({}, {}, cluster({ ...three, a: 'learner' })), 'its member is learner'],
    ['is in a store that heals', seen({}, {}, cluster(three, 'healing')), 'the store is healing: why'],
  ])('%s', (_what, snapshot, expected) => {
    expect(judgeWell(snapshot, { name: 'a', id })).toBe(expected);
  });
});

test('those without a vote go first, the leader last', () => {
  expect(planOrder(['a', 'b', 'p', 'c', 'q'], cluster(three))).toEqual(['p', 'q', 'b', 'c', 'a']);
  expect(planOrder(['b', 'a', 'b'], emptySnapshot)).toEqual(['b', 'a']);
});
