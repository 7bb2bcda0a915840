// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import type { MemberStatus } from '../etcd/index.js';
import { memberId, revision } from '../model/index.js';
import type { ClusterMembers } from './cluster-members.js';
import { openBackends } from './open-backends.js';

const good: MemberStatus = {
  clusterId: 1n,
  memberId: memberId(1n),
  revision: revision(1),
  version: '3.5.16',
  dbSizeBytes: 1,
  leader: memberId(1n),
  raftTerm: 1n,
  raftIndex: 1n,
  isLearner: false,
  errors: [],
};
const list = (...names: readonly string[]): ClusterMembers => ({
  clusterId: 1n,
  members: names.map((name, index) => ({
    id: memberId(BigInt(index + 1)),
    name,
    peerUrls: [],
    clientUrls: [`http://${name}:2379`],
    isLearner: false,
  })),
});

function world() {
  const clock = manualClock();
  const stop = new AbortController();
  const says = new Map<string, Partial<MemberStatus>>();
  const doubts = { count: 0 };
  const status = async (url: string): Promise<MemberStatus> => {
    const said = says.get(new URL(url).hostname);
    if (said === undefined) throw new Error('away');
    return { ...good, ...said };
  };
  const options = { checkEveryMs: 5_000, waitMs: 10_000 };
  const onDoubt = () => {
    doubts.count += 1;
  };
  const backends = openBackends({ ask: { status }, clock, log: silentLog }, options, onDoubt, stop.signal);
  const hosts = async () => {
    const asking = backends.targets();
    await clock.advance(10_000);
    return (await asking).map(({ host }) => host);
  };
  return { backends, clock, says, doubts, hosts, stop: () => stop.abort() };
}

it('gives clients to those that are well, in turn', async () => {
  const { backends, clock, says, stop } = world();
  says.set('a', {}).set('b', {}).set('c', { clusterId: 2n }).set('d', { isLearner: true });
  backends.update(list('a', 'b', 'c', 'd', 'away'));
  await clock.advance(1);
  const turns = [await backends.targets(), await backends.targets()].map((all) =>
    all.map(({ host }) => host),
  );
  expect(turns.toSorted()).toEqual([
    ['a', 'b'],
    ['b', 'a'],
  ]);
  stop();
});

it('sends clients to a member without a leader only when there is no other', async () => {
  const { backends, says, hosts, stop } = world();
  says.set('a', { leader: memberId(0n) });
  backends.update(list('a', 'b'));
  expect(await hosts()).toEqual(['a']);
  says.set('b', {});
  expect((await hosts()).length).toBe(1);
  expect(await hosts()).toEqual(['b']);
  stop();
});

it('lets a connection wait for a member, and not for ever', async () => {
  const { backends, clock, says, hosts, stop } = world();
  backends.update(list('a'));
  expect(await hosts()).toEqual([]);
  const waiting = backends.targets();
  says.set('a', {});
  await clock.advance(1_000);
  expect((await waiting).map(({ host }) => host)).toEqual(['a']);
  stop();
});

it('closes the connections to one that left, and to no other', async () => {
  const { backends, clock, says, stop } = world();
  says.set('a', {}).set('b', {});
  backends.update(list('a', 'b'));
  await clock.advance(1);
  const targets = await backends.targets();
  backends.update(list('b'));
  const cut = new Map(targets.map(({ host, until }) => [host, until.aborted]));
  expect([cut.get('a'), cut.get('b')]).toEqual([true, false]);
  stop();
});

it('moves clients away from one that keeps silent while another is well', async () => {
  const { backends, clock, says, stop } = world();
  says.set('a', {}).set('b', {});
  backends.update(list('a', 'b'));
  await clock.advance(1);
  const a = (await backends.targets()).find(({ host }) => host === 'a');
  says.delete('a');
  await clock.advance(5_000);
  expect(a?.until.aborted).toBe(false);
  await clock.advance(1_000);
  expect(a?.until.aborted).toBe(true);
  stop();
});

it('asks who is there before it trusts an address again that refused', async () => {
  const { backends, clock, says, doubts, stop } = world();
  says.set('a', {}).set('b', {});
  backends.update(list('a', 'b'));
  await clock.advance(1);
  const a = (await backends.targets()).find(({ host }) => host === 'a');
  says.set('a', { clusterId: 9n });
  if (a !== undefined) backends.onRefused(a);
  expect(doubts.count).toBe(1);
  await clock.advance(1);
  expect((await backends.targets()).map(({ host }) => host)).toEqual(['b']);
  stop();
});
