// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askMember, followMembers, runProxy } from '../../src/bootstrap/index.js';
import {
  type Log,
  type LogFields,
  realClock,
  realForwardTcp,
  realHttpGet,
  silentLog,
} from '../../src/effects/index.js';
import { connect, type EtcdClient, keyOf, textOf } from '../../src/etcd/index.js';
import { isMusterError } from '../../src/model/index.js';
import { findProgram, hasEtcd } from '../conformance/real-etcd.js';
import { freePort } from '../free-port.js';
import {
  type RunningMember,
  runProgram,
  type Seat,
  seat,
  type TestCluster,
  testCluster,
} from './etcd-cluster.js';
import { startServed } from './etcd-parts.js';

const ask = askMember({ httpGet: realHttpGet });

interface Bed {
  readonly cluster: TestCluster;
  readonly stop: AbortController;
  readonly open: Promise<unknown>[];
  readonly clients: EtcdClient[];
}
const beds: Bed[] = [];
const bed = (): Bed => {
  const [found] = beds;
  if (found === undefined) throw new Error('no bed');
  return found;
};
beforeEach(
  () => void beds.push({ cluster: testCluster(), stop: new AbortController(), open: [], clients: [] }),
);
afterEach(async () => {
  const { cluster, stop, open, clients } = bed();
  beds.length = 0;
  stop.abort();
  await Promise.all(clients.map((one) => one.close()));
  await Promise.allSettled(open);
  await cluster.close();
});

interface Said {
  readonly message: string;
  readonly fields: LogFields;
}

function recordingLog(): { readonly log: Log; readonly said: Said[] } {
  const said: Said[] = [];
  const at = (message: string, fields: LogFields = {}) => void said.push({ message, fields });
  return { log: { debug: at, info: at, warn: at, error: at }, said };
}

/** The forwarder, listening; it ends with the test. */
async function startProxy(
  options: {
    readonly endpoints?: readonly string[];
    readonly peerUrls?: readonly string[];
    readonly clusterId?: bigint;
  },
  log: Log = silentLog,
): Promise<string> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { stop, open } = bed();
  await new Promise<void>((resolve, reject) => {
    const running = runProxy(
      { forwardTcp: realForwardTcp, ask, clock: realClock, log },
      { endpoints: [], ...options, listenClientUrls: url, wildcard: '127.0.0.1' },
      resolve,
      stop.signal,
    );
    running.catch(reject);
    open.push(running);
  });
  return url;
}

/** A client that ends with the test. */
function client(urls: readonly string[], timeoutMs = 5_000): EtcdClient {
  const made = connect(urls, { timeoutMs });
  bed().clients.push(made);
  return made;
}

/** A client whose connection leads to this member; they are given out in turn. */
async function clientAt(url: string, memberId: bigint | undefined): Promise<EtcdClient> {
  for (;;) {
    const one = client([url], 50_000);
    if ((await retried(() => one.status())).memberId === memberId) return one;
    await one.close();
  }
}

/** What etcd itself asks to be tried again, within the time of the test. */
async function retried<T>(doing: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await doing();
    } catch (error) {
      if (!isMusterError(error)) throw error;
      // The last is what a member says while it is being removed.
      const isPassing =
        error.retry !== 'never' ||
        error.code === 'etcd/learner-not-ready' ||
        error.message === 'raft: stopped';
      if (!isPassing || bed().stop.signal.aborted) throw error;
      await realClock.sleep(100);
    }
  }
}

const etcdctl = (version: '3.4' | '3.5', args: readonly string[], env = {}) =>
  runProgram(findProgram('etcdctl', version) ?? '', args, { ETCDCTL_API: '3', ...env });

describe.skipIf(!hasEtcd('3.5'))('the forwarder before real etcd', () => {
  it('survives the replacement of every member under a client that writes', {
    timeout: 180_000,
  }, async () => {
    const { cluster } = bed();
    const seats = ['a1', 'a2', 'a3'].map(seat);
    const old = await cluster.startAll(seats);
    const proxy = client([await startProxy({ endpoints: [seats[0]?.clientUrl ?? ''] })]);

    const load = { isOn: true, acknowledged: 0, refused: 0 };
    const writing = (async () => {
      while (load.isOn) {
        const value = keyOf(String(load.acknowledged));
        await retried(async () => {
          try {
            await proxy.put({ key: keyOf('load'), value });
          } catch (error) {
            load.refused += 1;
            throw error;
          }
        });
        load.acknowledged += 1;
      }
    })();
    writing.catch(() => {});
    bed().open.push(writing);

    let members: readonly RunningMember[] = old;
    for (const [index, leaving] of old.entries()) {
      members = await replace(cluster, members, leaving, seat(`b${index + 1}`));
      // The client has to get through to what is left before the next one goes.
      const before = load.acknowledged;
      while (load.acknowledged < before + 5) await Promise.race([writing, realClock.sleep(20)]);
    }
    load.isOn = false;
    await writing;

    expect(members.map(({ name }) => name)).toEqual(['b1', 'b2', 'b3']);
    const { kvs } = await retried(() => proxy.range({ key: keyOf('load') }));
    expect(kvs.map(({ value }) => textOf(value))).toEqual([String(load.acknowledged - 1)]);
    const listed = await retried(() => proxy.memberList());
    expect(listed.map(({ name }) => name).toSorted()).toEqual(['b1', 'b2', 'b3']);
    // A connection that is made now goes to one of those that came.
    const late = client([`${await startProxy({ endpoints: [members[0]?.clientUrl ?? ''] })}`]);
    expect((await retried(() => late.status())).isLearner).toBe(false);
  });

  it('closes the connections to a member that stands still and was removed', async () => {
    const { cluster } = bed();
    const seats = ['m1', 'm2', 'm3'].map(seat);
    const members = await cluster.startAll(seats);
    const own = client(seats.slice(0, 2).map(({ clientUrl }) => clientUrl));
    const leaving = (await retried(() => own.memberList())).find(({ name }) => name === 'm3');
    const url = await startProxy({ endpoints: seats.map(({ clientUrl }) => clientUrl) });
    const through = await clientAt(url, leaving?.id);
    members[2]?.freeze();
    const hanging = through.range({ key: keyOf('a') });
    await retried(() => own.memberRemove(leaving?.id ?? expect.fail('no m3')));
    await expect(hanging).rejects.toMatchObject({ code: 'etcd/unavailable' });
    expect((await retried(() => through.status())).memberId).not.toBe(leaving?.id);
  });

  it('never sends a client to a learner, and does once it has its vote', async () => {
    const { cluster } = bed();
    const [first, second] = [seat('v1'), seat('l1')];
    await cluster.startAll([first]);
    const own = client([first.clientUrl]);
    const added = await retried(() => own.memberAdd([second.peerUrl], { isLearner: true }));
    await cluster.start(second, { state: 'existing', peers: [first, second] });
    const url = await startProxy({ endpoints: [second.clientUrl], peerUrls: [second.peerUrl] });
    for (let round = 0; round < 6; round += 1) {
      const one = client([url]);
      await one.put({ key: keyOf(`k${round}`), value: keyOf('v') });
      expect((await one.status()).memberId).not.toBe(added.id);
      await one.close();
    }
    await retried(() => own.memberPromote(added.id));
    expect((await (await clientAt(url, added.id)).status()).isLearner).toBe(false);
  });

  it('refuses a member of another cluster and says so', async () => {
    const { cluster } = bed();
    const [mine, other] = [seat('mine'), seat('other')];
    await cluster.startAll([mine]);
    await cluster.startAll([other]);
    const { clusterId } = await client([mine.clientUrl]).status();
    const { log, said } = recordingLog();
    const url = await startProxy({ endpoints: [other.clientUrl, mine.clientUrl], clusterId }, log);
    for (let round = 0; round < 4; round += 1) {
      const one = client([url]);
      expect((await one.status()).clusterId).toBe(clusterId);
      await one.close();
    }
    const fields = expect.objectContaining({ url: other.clientUrl, expected: clusterId.toString(16) });
    expect(said).toContainEqual({ message: 'this address belongs to another cluster', fields });
  });

  it('refuses the address of a member that another cluster has taken over', async () => {
    const { cluster } = bed();
    const [first, second] = [seat('t1'), seat('t2')];
    const [, taken] = await cluster.startAll([first, second]);
    const { clusterId } = await client([first.clientUrl]).status();
    const { log, said } = recordingLog();
    await taken?.kill();
    await cluster.startAll([{ ...seat('usurper'), clientUrl: second.clientUrl }]);
    // Without a quorum the list can be had of peers only.
    const url = await startProxy({ peerUrls: [first.peerUrl] }, log);
    for (let round = 0; round < 4; round += 1) {
      const one = client([url]);
      expect((await one.status()).clusterId).toBe(clusterId);
      await one.close();
    }
    expect(said).toContainEqual({
      message: 'refused: a member list names an address that belongs to another cluster',
      fields: expect.objectContaining({ url: second.clientUrl, expected: clusterId.toString(16) }),
    });
  });

  it('makes a client wait while no member is there yet', async () => {
    const { cluster } = bed();
    const late = seat('late');
    const url = await startProxy({ peerUrls: [late.peerUrl] });
    const asking = client([url], 50_000).status();
    await cluster.startAll([late]);
    expect((await asking).isLearner).toBe(false);
  });

  it('is nothing that stock etcdctl 3.5 would notice', async () => {
    const { cluster } = bed();
    const seats = ['s1', 's2', 's3'].map(seat);
    await cluster.startAll(seats);
    const url = await startProxy({ endpoints: seats.map(({ clientUrl }) => clientUrl) });
    const ctl = (...args: readonly string[]) => etcdctl('3.5', [`--endpoints=${url}`, ...args]);
    expect(await ctl('put', '/a', 'b')).toMatchObject({ code: 0, stdout: 'OK\n' });
    expect(await ctl('get', '/a')).toMatchObject({ code: 0, stdout: '/a\nb\n' });
    expect((await ctl('member', 'list')).stdout.trim().split('\n')).toHaveLength(3);
    expect((await ctl('endpoint', 'health')).code).toBe(0);
  });
});

describe.skipIf(!hasEtcd('3.4'))('the forwarder before etcd 3.4', () => {
  it('carries the v2 API of a member that has it, and v3', async () => {
    const { cluster } = bed();
    const seats = ['x1', 'x2', 'x3'].map(seat);
    await cluster.startAll(seats, { version: '3.4', flags: ['--enable-v2'] });
    const url = await startProxy({ peerUrls: seats.map(({ peerUrl }) => peerUrl) });
    const v2 = (...args: readonly string[]) =>
      etcdctl('3.4', ['--endpoint', url, ...args], { ETCDCTL_API: '2' });
    expect(await v2('set', '/message', 'hello')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await v2('get', '/message')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect((await v2('cluster-health')).stdout).toContain('cluster is healthy');
    const v3 = await etcdctl('3.4', [`--endpoints=${url}`, 'put', '/a', 'b']);
    expect(v3).toMatchObject({ code: 0, stdout: 'OK\n' });
  });

  it('follows members of 3.4 too', async () => {
    const { cluster } = bed();
    const [first, second] = [seat('f1'), seat('f2')];
    await cluster.startAll([first], { version: '3.4' });
    const own = client([first.clientUrl]);
    const feed = followMembers(
      { ask, clock: realClock, log: silentLog },
      { clientUrls: [], peerUrls: [first.peerUrl] },
      bed().stop.signal,
    );
    const seen: (readonly string[])[] = [];
    for await (const { members } of feed) {
      seen.push(members.map(({ name, isLearner }) => `${name}${isLearner ? ' learns' : ''}`));
      if (seen.length === 2) break;
      await retried(() => own.memberAdd([second.peerUrl], { isLearner: true }));
      feed.lookAgain();
    }
    expect(seen.map((names) => names.toSorted())).toEqual([['f1'], [' learns', 'f1']]);
  });
});

it('reaches the embedded store, its single upstream', async () => {
  const served = await startServed();
  try {
    const url = await startProxy({ endpoints: [served.url] });
    const one = client([url]);
    await one.put({ key: keyOf('a'), value: keyOf('b') });
    expect((await one.range({ key: keyOf('a') })).count).toBe(1);
  } finally {
    await served.close();
  }
});

/** Removes one, adds a learner in its place, starts and promotes it. */
async function replace(
  cluster: TestCluster,
  members: readonly RunningMember[],
  leaving: RunningMember,
  coming: Seat,
): Promise<readonly RunningMember[]> {
  const rest = members.filter(({ name }) => name !== leaving.name);
  const own = client(rest.map(({ clientUrl }) => clientUrl));
  const record = (await retried(() => own.memberList())).find(({ name }) => name === leaving.name);
  if (record === undefined) throw new Error(`no member ${leaving.name}`);
  await retried(() => own.memberRemove(record.id));
  await leaving.kill();
  const added = await retried(() => own.memberAdd([coming.peerUrl], { isLearner: true }));
  const started = await cluster.start(coming, { state: 'existing', peers: [...rest, coming] });
  await retried(() => own.memberPromote(added.id));
  await own.close();
  return [...rest, started];
}
