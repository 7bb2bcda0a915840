// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { memberId } from '../model/index.js';
import type { AskMember } from './ask-member.js';
import { type ClusterMembers, parsePeerMembers } from './cluster-members.js';
import { type FollowMembersOptions, followMembers } from './follow-members.js';

const list = (names: readonly string[], clusterId = 1n): ClusterMembers => ({
  clusterId,
  members: names.map((name, index) => ({
    id: memberId(BigInt(index + 1)),
    name,
    peerUrls: [`http://${name}:2380`],
    clientUrls: [`http://${name}:2379`],
    isLearner: false,
  })),
});

/** A world in which each URL answers a list, nothing (`away`), or never (`mute`). */
function world(options: Partial<FollowMembersOptions>) {
  const answers = new Map<string, ClusterMembers | 'mute'>();
  const asked: string[] = [];
  const clock = manualClock();
  const stop = new AbortController();
  const ask: Pick<AskMember, 'list'> = {
    list: ({ url }) => {
      asked.push(url);
      const answer = answers.get(url);
      if (answer === 'mute') return new Promise(() => {});
      return answer === undefined ? Promise.reject(new Error('away')) : Promise.resolve(answer);
    },
  };
  const feed = followMembers(
    { ask, clock, log: silentLog },
    { clientUrls: [], peerUrls: [], ...options },
    stop.signal,
  );
  const seen: (readonly string[])[] = [];
  const done = (async () => {
    // The test sets the answers first.
    await Promise.resolve();
    for await (const { members } of feed) seen.push(members.map(({ name }) => name));
  })();
  const end = () => {
    stop.abort();
    return done;
  };
  return { answers, asked, clock, feed, seen, stop: end };
}

describe('followMembers', () => {
  it('tells changes only, and learns its way from one member to the next', async () => {
    const { answers, clock, seen, stop } = world({ clientUrls: ['http://a:2379'] });
    answers.set('http://a:2379', list(['a', 'b']));
    await clock.advance(20_000);
    expect(seen).toEqual([['a', 'b']]);
    answers.delete('http://a:2379');
    answers.set('http://b:2379', list(['b', 'c']));
    await clock.advance(10_000);
    answers.clear();
    answers.set('http://c:2379', list(['c', 'd']));
    await clock.advance(10_000);
    expect(seen).toEqual([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ]);
    await stop();
  });

  it('is not held up by one that never answers', async () => {
    const { answers, clock, seen, stop } = world({ clientUrls: ['http://a:2379', 'http://b:2379'] });
    answers.set('http://a:2379', 'mute').set('http://b:2379', list(['b']));
    await clock.advance(400);
    expect(seen).toEqual([['b']]);
    await stop();
  });

  it('looks at once when told so, but not all the time', async () => {
    const { answers, asked, clock, feed, stop } = world({ clientUrls: ['http://a:2379'] });
    answers.set('http://a:2379', list(['a']));
    await clock.advance(200);
    for (let round = 0; round < 10; round += 1) {
      feed.lookAgain();
      await clock.advance(10);
    }
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(asked.length).toBeLessThanOrEqual(4);
    await stop();
  });

  it('believes one cluster only', async () => {
    const { answers, clock, seen, stop } = world({
      clientUrls: ['http://x:2379', 'http://a:2379'],
      clusterId: 1n,
    });
    answers.set('http://x:2379', list(['x'], 2n)).set('http://a:2379', list(['a']));
    await clock.advance(1_000);
    expect(seen).toEqual([['a']]);
    await stop();
  });

  it('takes a peer’s word only until a quorum has spoken', async () => {
    const { answers, clock, seen, stop } = world({ peerUrls: ['http://a:2380'] });
    answers.set('http://a:2380', list(['a', 'b']));
    await clock.advance(2_000);
    answers.set('http://b:2379', list(['b']));
    await clock.advance(10_000);
    answers.delete('http://b:2379');
    await clock.advance(10_000);
    expect(seen).toEqual([['a', 'b'], ['b']]);
    await stop();
  });
});

it('reads member IDs beyond 2^53 of a peer, and believes no rubbish', () => {
  const text = '[{"id":10276657743932975437,"name":"\\"id\\":5","peerURLs":["http://a:1","unix:x"]}]';
  expect(parsePeerMembers(text, 'here')).toEqual([
    { id: 10276657743932975437n, name: '"id":5', peerUrls: ['http://a:1'], clientUrls: [], isLearner: false },
  ]);
  for (const bad of ['', '{}', '[]', '[{"id":1},{"id":1}]', '[{"name":"a"}]', '<html>']) {
    expect(() => parsePeerMembers(bad, 'here')).toThrow(
      expect.objectContaining({ code: 'bootstrap/bad-member-list' }),
    );
  }
});
