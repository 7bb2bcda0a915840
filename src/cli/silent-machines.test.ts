// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type ClusterSnapshot, emptySnapshot } from '../registry/index.js';
import { findIrreplaceable } from './silent-machines.js';

const names = ['core-01', 'core-02', 'core-03'];

/** A cluster in which some are silent: lost, and not known to have ended. */
function snapshotOf(silent: readonly string[], isBootOver = false): ClusterSnapshot {
  const isSilent = (name: string) => silent.includes(name);
  const life = (name: string) => ({
    state: isSilent(name) ? ('lost' as const) : ('joined' as const),
    since: 0,
    reason: '',
    lastSeen: 0,
    handledOrder: 1,
    bootId: 'b',
    isBootOver: isSilent(name) && isBootOver,
  });
  const member = (name: string) => ({
    id: name,
    state: isSilent(name) ? ('lost' as const) : ('voter' as const),
    reason: '',
    since: 0,
  });
  return {
    ...emptySnapshot,
    lives: new Map(names.map((name) => [name, life(name)])),
    store: {
      phase: 'formed',
      token: 't',
      clusterId: 'c',
      places: {},
      members: names.map((name) => ({ id: name, name, peerUrls: [], clientUrls: [], isLearner: false })),
    },
    storeView: {
      state: 'ok',
      reason: '',
      since: 0,
      leader: '',
      members: Object.fromEntries(names.map((name) => [name, member(name)])),
    },
  };
}

const on = new Set(names);

test('silent machines that run are not to be started anew when the others are no quorum', () => {
  const silent = ['core-02', 'core-03'];
  expect(findIrreplaceable(snapshotOf(silent), on, names)).toEqual(silent);
  expect(findIrreplaceable(snapshotOf(silent), on, ['core-01', 'core-03'])).toEqual(['core-03']);
});

test.each<[string, ClusterSnapshot, ReadonlySet<string>]>([
  ['one of three, which the others can replace', snapshotOf(['core-02']), on],
  ['machines that do not run', snapshotOf(['core-02', 'core-03']), new Set(['core-01'])],
  ['machines that are known to have ended', snapshotOf(['core-02', 'core-03'], true), on],
  ['machines with no store', { ...snapshotOf(names), store: undefined }, on],
])('%s may be started', (_what, snapshot, running) => {
  expect(findIrreplaceable(snapshot, running, names)).toEqual([]);
});
