// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type ClusterSnapshot, emptySnapshot } from '../registry/index.js';
import { checkQuorum } from './check-quorum.js';

const names = ['core-01', 'core-02', 'core-03'];
const member = (name: string) => ({ id: name, name, peerUrls: [], clientUrls: [], isLearner: false });
const snapshot: ClusterSnapshot = {
  ...emptySnapshot,
  store: {
    phase: 'formed',
    token: 't',
    clusterId: 'c',
    places: {},
    members: names.map(member),
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
])('stopping %s', async (_, stopped, isFine) => {
  const checked = checkQuorum(snapshot, stopped);
  if (isFine) await checked;
  else await expect(checked).rejects.toThrow('are needed');
});

test('voters on machines of others count when they serve', async () => {
  const { store } = snapshot;
  const foreign = ['x1', 'x2'].map((id) => ({ ...member(id), clientUrls: [`http://${id}:2379`] }));
  const mixed = {
    ...snapshot,
    ...(store && { store: { ...store, members: [...store.members, ...foreign] } }),
  };
  await checkQuorum(mixed, ['core-01', 'core-02'], async () => true);
  await expect(checkQuorum(mixed, ['core-01'], async ({ id }) => id === 'x0')).rejects.toThrow('are needed');
  await checkQuorum(mixed, ['core-01'], async ({ id }) => id === 'x1');
});

test('with one lost already, none more can be spared', async () => {
  const view = snapshot.storeView;
  const lost = { id: 'core-03', state: 'lost', reason: '', since: 0 } as const;
  const weak = {
    ...snapshot,
    ...(view && { storeView: { ...view, members: { ...view.members, 'core-03': lost } } }),
  };
  await expect(checkQuorum(weak, ['core-01'])).rejects.toThrow('are needed');
  await checkQuorum(weak, ['core-03']);
});

test('nothing to lose where no cluster was formed', async () => {
  await checkQuorum(emptySnapshot, names);
});
