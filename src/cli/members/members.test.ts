// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { parseUserData } from '../../cloudconfig/index.js';
import { manualClock } from '../../effects/testing.js';
import { fail as etcdFail, type MemberRecord } from '../../etcd/index.js';
import { memberId } from '../../model/index.js';
import { checkIsNew, checkMemberName, parsePeerUrls, stopsWrites } from './check-new-member.js';
import { checkRemoval } from './check-removal.js';
import { findMember } from './find-member.js';
import { retryRefusals } from './retry-refusals.js';
import { renderCloudConfig, renderEnv, renderFlags, settingsOf } from './start-settings.js';

function record(id: bigint, name: string, more: Partial<MemberRecord> = {}): MemberRecord {
  const urls = { peerUrls: [`http://127.0.0.${id}:2380`], clientUrls: [`http://127.0.0.${id}:2379`] };
  return { id: memberId(id), name, ...urls, isLearner: false, ...more };
}
const three = [record(1n, 'a'), record(2n, 'b'), record(3n, 'c')];

describe('findMember', () => {
  it('knows IDs with and without zeros, names and peer URLs', () => {
    for (const text of ['2', '0002', '0x2', 'b', 'http://127.0.0.2:2380']) {
      expect(findMember(three, text).name).toBe('b');
    }
  });

  it('refuses what is nobody’s or two members’', () => {
    expect(() => findMember(three, 'd')).toThrow('the cluster has no member "d"');
    const twins = [...three, record(4n, 'b')];
    expect(() => findMember(twins, 'b')).toThrow('any of 2 members: 0x2 (b), 0x4 (b)');
    // Names that look like IDs: `a` is the ID 10.
    const hex = [...three, record(10n, '')];
    expect(() => findMember(hex, 'a')).toThrow('0x1 (a), 0xa (unstarted, http://127.0.0.10:2380)');
    expect(findMember(hex, '0xa').id).toBe(10n);
  });
});

describe('checkRemoval', () => {
  const down = (...ids: bigint[]) => new Map(ids.map((id) => [memberId(id), 'is down']));
  const five = [...three, record(4n, 'd'), record(5n, 'e')];
  const [a = record(1n, 'a')] = three;

  it.each([
    ['all run', three, [], 'safe'],
    ['the one that is down goes', three, [1n], 'safe'],
    ['another one is down', three, [2n], 'without a, 1 of 2 voters would run where 2 are needed: b is down'],
    ['of five, one more down', five, [2n], 'safe'],
    ['of five, two more down', five, [2n, 3n], '2 of 4 voters would run where 3 are needed'],
    ['of five, it and another are down', five, [1n, 2n], 'safe'],
    ['of two', three.slice(0, 2), [], 'safe'],
    ['of two, the other down', three.slice(0, 2), [2n], '0 of 1'],
    ['the last', three.slice(0, 1), [], 'it is the last one'],
    ['learners do not count', [a, record(2n, 'b', { isLearner: true })], [], 'it is the last one'],
  ])('%s', (_, members, ids, said) => {
    const check = () => checkRemoval(members, down(...ids), a);
    if (said === 'safe') expect(check).not.toThrow();
    else expect(check).toThrow(said);
  });

  it('lets a learner go', () => {
    const learner = record(4n, 'd', { isLearner: true });
    expect(() => checkRemoval([...three, learner], down(1n, 2n), learner)).not.toThrow();
  });
});

describe('what an added member is started with', () => {
  const urls = ['http://127.0.0.4:2380', 'http://127.0.0.14:2380'];
  const members = [...three.slice(0, 2), record(4n, '', { peerUrls: urls })];
  const settings = settingsOf(members, memberId(4n), 'd');

  it('names it in the list, with each of its URLs', () => {
    expect(settings.initialCluster).toBe(
      'a=http://127.0.0.1:2380,b=http://127.0.0.2:2380,d=http://127.0.0.4:2380,d=http://127.0.0.14:2380',
    );
    expect(renderEnv(settings)).toContain(`ETCD_INITIAL_ADVERTISE_PEER_URLS="${urls.join(',')}"\n`);
    expect(renderFlags(settings)).toBe(
      `--name d --initial-advertise-peer-urls ${urls.join(',')} --initial-cluster ${settings.initialCluster} --initial-cluster-state existing\n`,
    );
  });

  it.each(['d', 'on', '0x1f', '1e3', 'é#1'])('is cloud-config that muster reads, for the name %s', (name) => {
    const parsed = parseUserData(renderCloudConfig(settingsOf(members, memberId(4n), name)));
    expect(parsed).toMatchObject({ kind: 'cloud-config', issues: [] });
    expect(JSON.stringify(parsed)).toContain(JSON.stringify(name));
  });

  it('quotes for the shell', () => {
    expect(renderFlags({ name: 'a;b', peerUrls: ['http://[::1]:1'], initialCluster: 'x' })).toContain(
      "--name 'a;b' --initial-advertise-peer-urls 'http://[::1]:1'",
    );
  });
});

describe('new members', () => {
  it('have peer URLs that etcd takes', () => {
    expect(parsePeerUrls(['http://a:1,https://[::1]:2', 'http://a:1'])).toEqual([
      'http://a:1',
      'https://[::1]:2',
    ]);
    for (const bad of [
      '',
      'a:1',
      'http://a',
      'http://a:1/',
      'ftp://a:1',
      'http://a:99999',
      'http://$(x):1',
    ]) {
      expect(() => parsePeerUrls([bad]), bad).toThrow('is no peer URL');
    }
  });

  it('have names that survive', () => {
    for (const bad of ['', 'a b', 'a=b', 'a,b', 'a"b', '$x']) {
      expect(() => checkMemberName(bad), bad).toThrow('is no name');
    }
    expect(() => checkMemberName('core-04.example.com')).not.toThrow();
  });

  it('have what no other has', () => {
    expect(() => checkIsNew(three, { name: 'b', peerUrls: [] })).toThrow('member b has the name "b"');
    expect(() => checkIsNew(three, { peerUrls: ['http://127.0.0.3:2380'] })).toThrow(
      'member c has the peer URL',
    );
    expect(() => checkIsNew(three, { name: 'd', peerUrls: ['http://d:1'] })).not.toThrow();
  });

  it('stop writes as second voter only', () => {
    expect(stopsWrites(three.slice(0, 1), false)).toBe(true);
    expect(stopsWrites([record(1n, 'a'), record(2n, 'b', { isLearner: true })], false)).toBe(true);
    expect(stopsWrites(three.slice(0, 1), true)).toBe(false);
    expect(stopsWrites(three.slice(0, 2), false)).toBe(false);
  });
});

describe('retryRefusals', () => {
  const never = new AbortController().signal;

  it('goes on until etcd agrees', async () => {
    const clock = manualClock();
    const told: number[] = [];
    const tries = { count: 0 };
    const tried = retryRefusals(
      { clock, onRefused: (_, leftMs) => void told.push(leftMs) },
      async () => {
        tries.count += 1;
        if (tries.count < 3) throw etcdFail('etcd/unhealthy');
        return 'added';
      },
      { timeoutMs: 1_000 },
      never,
    );
    await clock.advance(1_000);
    expect(await tried).toEqual({ kind: 'done', value: 'added' });
    expect(told).toEqual([1_000, 750]);
  });

  it('ends when the time is up, when it is hopeless, and for anything else', async () => {
    const clock = manualClock();
    const deps = { clock, onRefused: () => {} };
    const refuse = async () => {
      throw etcdFail('etcd/too-many-learners');
    };
    const late = retryRefusals(deps, refuse, { timeoutMs: 600 }, never);
    await clock.advance(600);
    expect(await late).toMatchObject({ kind: 'refused', error: { code: 'etcd/too-many-learners' } });
    const hopeless = retryRefusals(deps, refuse, { timeoutMs: 600, isHopeless: () => true }, never);
    expect(await hopeless).toMatchObject({ kind: 'refused' });
    const lost = async () => {
      throw etcdFail('etcd/timeout');
    };
    await expect(retryRefusals(deps, lost, { timeoutMs: 600 }, never)).rejects.toMatchObject({
      code: 'etcd/timeout',
    });
    await expect(retryRefusals(deps, refuse, { timeoutMs: 600 }, AbortSignal.abort())).rejects.toThrow();
  });
});
