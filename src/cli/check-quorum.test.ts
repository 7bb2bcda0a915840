// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type ClusterSnapshot, emptySnapshot } from '../registry/index.js';
import { checkQuorum } from './check-quorum.js';

const names = ['core-01', 'core-02', 'core-03'];
const snapshot: ClusterSnapshot = {
  ...emptySnapshot,
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
    members: Object.fromEntries(
      names.map((name) => [name, { id: name, state: 'voter', reason: '', since: 0 }] as const),
    ),
  },
};

test.each([
  ['one of three', ['core-01'], true],
  ['two of three', ['core-01', 'core-02'], false],
  ['all', names, false],
  ['a machine that is no member', ['web-01'], true],
])('stopping %s', (_, stopped, isFine) => {
  const check = () => checkQuorum(snapshot, stopped);
  if (isFine) expect(check).not.toThrow();
  else expect(check).toThrow('are needed');
});

test('with one lost already, none more can be spared', () => {
  const view = snapshot.storeView;
  const lost = { id: 'core-03', state: 'lost', reason: '', since: 0 } as const;
  const weak = {
    ...snapshot,
    ...(view && { storeView: { ...view, members: { ...view.members, 'core-03': lost } } }),
  };
  expect(() => checkQuorum(weak, ['core-01'])).toThrow('are needed');
  expect(() => checkQuorum(weak, ['core-03'])).not.toThrow();
});

test('nothing to lose where no cluster was formed', () => {
  expect(() => checkQuorum(emptySnapshot, names)).not.toThrow();
});
