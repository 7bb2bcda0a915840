// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stopLimitMs } from '../../src/bootstrap/member/member-process.js';
import { realClock, realExec } from '../../src/effects/index.js';
import type { MemberReport, PeerEntry } from '../../src/model/index.js';
import { findProgram, hasEtcd } from '../conformance/real-etcd.js';
import {
  bundleMemberChild,
  endedWith,
  isEmpty,
  isServing,
  openTestCluster,
  startStatic,
  type TestCluster,
  type TestMember,
} from './member-parts.js';
import { startChild } from './store-process.js';

const entry = ({ name, peerUrl }: TestMember): PeerEntry => ({ name, urls: [peerUrl] });

describe.each(['3.4', '3.5'] as const)('etcd %s', (version) => {
  describe.skipIf(!hasEtcd(version))('on a machine', () => {
    const open: { cluster?: TestCluster } = {};
    const cluster = (): TestCluster => {
      if (open.cluster === undefined) throw new Error('no cluster');
      return open.cluster;
    };
    beforeEach(async () => {
      open.cluster = await openTestCluster(version);
    });
    afterEach(() => open.cluster?.close());

    const put = (to: TestMember, value: string) => cluster().etcdctl(to, 'put', 'key', value);
    const get = (to: TestMember) => cluster().etcdctl(to, 'get', '--print-value-only', 'key');
    const single = async (): Promise<TestMember> => {
      const one = await cluster().member();
      await startStatic([one]);
      return one;
    };
    const three = async (): Promise<readonly [TestMember, TestMember, TestMember]> => {
      const made = [await cluster().member(), await cluster().member(), await cluster().member()] as const;
      await startStatic(made);
      return made;
    };
    /** The second one was added to a cluster of one. */
    const pair = async (): Promise<readonly [TestMember, TestMember]> => {
      const one = await single();
      const two = await cluster().member();
      await cluster().etcdctl(one, 'member', 'add', two.name, '--learner', `--peer-urls=${two.peerUrl}`);
      startOrder(two, 'existing', [one, two]);
      await two.until('serving', isServing);
      return [one, two];
    };
    const followerOf = async (list: readonly TestMember[]): Promise<TestMember> => {
      for (const one of list) {
        const fields = await cluster().etcdctl(one, 'endpoint', 'status', '-w', 'fields');
        if (hexField(fields, 'Leader') !== hexField(fields, 'MemberID')) return one;
      }
      throw new Error('all lead');
    };
    const startOrder = (
      one: TestMember,
      state: 'new' | 'existing',
      list: readonly TestMember[],
      token = 'static',
    ) =>
      one.order({
        kind: 'start',
        nonce: one.nonce(),
        name: one.name,
        state,
        token,
        initialCluster: list.map(entry),
      });
    test('starts alone on an empty disk, and tells each step', async () => {
      const one = await cluster().member();
      expect(one.reports).toEqual([
        {
          disk: { kind: 'empty', nonce: expect.stringMatching(/^[0-9a-f]{32}$/) },
          process: { kind: 'stopped' },
          version: expect.stringMatching(new RegExp(`^${version}\\.\\d+$`)),
          peerUrls: [one.peerUrl],
          clientUrls: [one.clientUrl],
          order: 0,
        },
      ]);
      const revision = startOrder(one, 'new', [one]);
      const served = await one.until('serving', isServing);
      expect(one.reports.map(({ disk, process, order }) => [disk.kind, process.kind, order])).toEqual([
        ['empty', 'stopped', 0],
        ['empty', 'starting', revision],
        ['data', 'starting', revision],
        ['data', 'serving', revision],
      ]);
      await put(one, 'a');
      const fields = await cluster().etcdctl(one, 'endpoint', 'status', '-w', 'fields');
      expect(served.disk).toEqual({
        kind: 'data',
        memberId: hexField(fields, 'MemberID'),
        clusterId: hexField(fields, 'ClusterID'),
      });
    });

    test('three start together', async () => {
      const [one, two, three_] = await three();
      await put(one, 'a');
      expect(await get(three_)).toBe('a\n');
      expect(new Set([one, two, three_].map((each) => each.memberId())).size).toBe(3);
    });

    test('joins a running cluster as a learner', async () => {
      const [one, two] = await pair();
      // Refused until it has caught up, for which etcd has no event.
      const promote = () => cluster().etcdctl(one, 'member', 'promote', two.memberId());
      await vi.waitFor(promote, { timeout: 30_000, interval: 100 });
      await put(two, 'a');
      expect(await get(two)).toBe('a\n');
    });

    test('a wipe ends etcd first, deletes all and tells a new nonce', async () => {
      const one = await single();
      const first = one.reports[0]?.disk;
      const revision = one.order({ kind: 'wipe', memberId: one.memberId(), reason: 'test' });
      const { order } = await one.until('empty', isEmpty);
      expect(order).toBe(revision);
      expect(one.last().disk).not.toEqual(first);
      expect(await readdir(one.dataDir)).toEqual([]);
      expect(await one.pids()).toEqual([]);
      // And the machine is as good as new.
      startOrder(one, 'new', [one], 'another');
      await one.until('serving', isServing);
    });

    test('hold ends etcd and keeps its data; resume starts it with them', async () => {
      const one = await single();
      await put(one, 'kept');
      const id = one.memberId();
      one.order({ kind: 'hold', reason: 'test' });
      await one.until('stopped', ({ process }) => process.kind === 'stopped');
      expect(await one.pids()).toEqual([]);
      one.order({ kind: 'resume', memberId: id, name: one.name });
      await one.until('serving', isServing);
      expect([await get(one), one.memberId()]).toEqual(['kept\n', id]);
    });

    test('a new agent tells of the data, starts nothing on the old order, and resumes', async () => {
      const one = await single();
      await put(one, 'kept');
      const id = one.memberId();
      const before = one.reports.length;
      await one.restart();
      expect(one.last()).toMatchObject({ disk: { memberId: id }, process: { kind: 'stopped' }, order: 0 });
      const revision = one.order({ kind: 'resume', memberId: id, name: one.name });
      await one.until('serving', isServing);
      expect(await get(one)).toBe('kept\n');
      const orders = one.reports.slice(before).map(({ order }) => order);
      expect(orders.filter((order) => order !== revision && order !== 0)).toEqual([1]);
      await one.restart();
      await one.until('serving', isServing);
    });

    test('an order that does not fit the disk is void', async () => {
      const one = await cluster().member();
      const { name } = one;
      const list = { name, token: 'x', initialCluster: [entry(one)] };
      one.order({ kind: 'start', nonce: '00', state: 'new', ...list });
      one.order({ kind: 'resume', memberId: 'abc', name });
      one.order({
        kind: 'restore',
        nonce: '00',
        ...list,
        snapshot: { url: '', ticket: '', sha256: '' },
      });
      const held = one.order({ kind: 'hold', reason: 'test' });
      await one.until('obeyed', ({ order }) => order === held);
      const used = one.nonce();
      startOrder(one, 'new', [one]);
      const { order } = await one.until('serving', isServing);
      one.order({ kind: 'wipe', memberId: 'abc', reason: 'of another time' });
      one.order({ kind: 'start', nonce: used, state: 'new', ...list });
      const resumed = one.order({ kind: 'resume', memberId: one.memberId(), name });
      await one.until('obeyed', (report) => report.order === resumed);
      const steps = one.reports.map((report) => [report.process.kind, report.order]);
      expect(steps).toEqual([
        ['stopped', 0],
        ['stopped', held],
        ['starting', order],
        ['starting', order],
        ['serving', order],
        ['serving', resumed],
      ]);
    });

    test('etcd that is killed comes again with its data', async () => {
      const one = await single();
      await put(one, 'kept');
      const [pid = 0] = await one.pids();
      process.kill(pid, 'SIGKILL');
      const { process: ending } = await one.until('ended', endedWith('unknown'));
      expect(ending).toMatchObject({ words: 'ended by SIGKILL' });
      await one.until('serving', isServing);
      expect(await get(one)).toBe('kept\n');
      expect(pausesOf(one)).toEqual([1_000]);
    });

    test('a removed member ends well, is recognised and left alone', async () => {
      const [one, two] = await pair();
      await cluster().etcdctl(one, 'member', 'remove', two.memberId());
      const { disk } = await two.until('removed', endedWith('removed'));
      expect(disk.kind).toBe('data');
      expect(pausesOf(two)).toEqual([]);
    });

    test('a wiped voter under its old ID is recognised as amnesiac and left alone', async () => {
      const list = await three();
      await put(list[0], 'a');
      // Its leader must stay the one that knows it: then it is refused. A new leader would take it back.
      const isOver = (report: MemberReport) => isServing(report) || report.process.kind === 'ended';
      for (let attempt = 1; ; attempt += 1) {
        const victim = await followerOf(list);
        await victim.loseDisk();
        startOrder(victim, 'existing', list);
        const { process, disk } = await victim.until('over', isOver);
        if (process.kind === 'serving' && attempt < 5) continue;
        expect(process).toMatchObject({ kind: 'ended', finding: 'amnesiac' });
        expect(disk.kind).toBe('data');
        expect(pausesOf(victim)).toEqual([]);
        return;
      }
    });

    test('what is already a member is recognised, and its nonce is used up', async () => {
      const list = await three();
      const [, , last] = list;
      await last.loseDisk();
      const used = last.nonce();
      startOrder(last, 'new', list);
      const { disk } = await last.until('refused', endedWith('bootstrapped'));
      expect(disk).toMatchObject({ kind: 'empty', nonce: expect.not.stringMatching(used) });
      const initialCluster = list.map(entry);
      const { name } = last;
      last.order({ kind: 'start', nonce: used, name, state: 'existing', token: 'static', initialCluster });
      const held = last.order({ kind: 'hold', reason: 'test' });
      await last.until('obeyed', ({ order }) => order === held);
      expect(last.reports.filter(({ process }) => process.kind === 'starting')).toHaveLength(3);
      expect(await readdir(last.dataDir)).toEqual([]);
    });

    test("a list that is not the cluster's, and peers that are not there, are recognised", async () => {
      const one = await single();
      const two = await cluster().member();
      startOrder(two, 'existing', [one, two]);
      const { process: stale, disk } = await two.until('refused', endedWith('stale-list'));
      expect(stale).toMatchObject({ words: expect.stringContaining('member count is unequal') });
      expect(disk.kind).toBe('empty');
      const nobody = { ...one, name: 'nobody', peerUrl: 'http://127.0.0.1:9' };
      startOrder(two, 'existing', [nobody, two]);
      await two.until('alone', endedWith('no-peers'));
      expect([pausesOf(two), two.last().disk.kind]).toEqual([[], 'empty']);
    });

    test('a taken port and a bad setting are recognised', async () => {
      const one = await single();
      const two = await cluster().member({ ETCD_LISTEN_CLIENT_URLS: one.clientUrl });
      startOrder(two, 'new', [two]);
      await two.until('refused', endedWith('port-taken'));
      const bad = await cluster().member({ ETCD_HEARTBEAT_INTERVAL: 'often' });
      startOrder(bad, 'new', [bad]);
      await bad.until('refused', endedWith('refused-flags'));
    });

    test('a log that is damaged is told, and wiped when that is ordered', async () => {
      const one = await single();
      const id = one.memberId();
      one.order({ kind: 'hold', reason: 'test' });
      await one.until('stopped', ({ process }) => process.kind === 'stopped');
      const [segment = ''] = (await readdir(join(one.dataDir, 'member/wal'))).filter((name) =>
        name.endsWith('.wal'),
      );
      const log = join(one.dataDir, 'member/wal', segment);
      // Within a record: where the frame of one is torn, etcd mends its log by cutting off the rest.
      const at = (await fs.readFile(log)).indexOf('peerURLs');
      const file = await fs.open(log, 'r+');
      await file.write('P', at);
      await file.close();
      one.order({ kind: 'resume', memberId: id, name: one.name });
      await one.until('refused', endedWith('damaged'));
      expect(pausesOf(one)).toEqual([]);
      await one.stop();
      await fs.truncate(log, 20);
      await one.restart();
      expect(one.last().disk).toMatchObject({ kind: 'unreadable' });
      one.order({ kind: 'wipe', memberId: 'any', reason: 'test' });
      await one.until('empty', isEmpty);
    });

    test('restores a snapshot as a new cluster, and only the snapshot that was meant', async () => {
      const one = await single();
      await put(one, 'kept');
      const file = `${one.dataDir}.snapshot`;
      await cluster().etcdctl(one, 'snapshot', 'save', file);
      const sha256 = createHash('sha256')
        .update(await fs.readFile(file))
        .digest('hex');
      const two = await cluster().member();
      const restore = (sum: string) =>
        two.order({
          kind: 'restore',
          nonce: two.nonce(),
          name: two.name,
          token: 'restored',
          initialCluster: [entry(two)],
          snapshot: { url: pathToFileURL(file).href, ticket: '', sha256: sum },
        });
      restore('0'.repeat(64));
      const { process: refused } = await two.until('refused', endedWith('unknown'));
      expect(refused).toMatchObject({ words: expect.stringContaining('its SHA-256 is') });
      restore(sha256);
      await two.until('serving', isServing);
      expect(await get(two)).toBe('kept\n');
      expect(two.clusterId()).not.toBe(one.clusterId());
      await put(two, 'new');
      expect(await readdir(two.dataDir)).toEqual(['member']);
    });

    test('no etcd outlives an agent that is killed', async () => {
      const { address, dataDir, ...one } = await cluster().member();
      await one.stop();
      await fs.rm(dataDir, { recursive: true, force: true });
      const program = findProgram('etcd', version) ?? '';
      const agent = startChild(process.execPath, [await bundleMemberChild(), program, dataDir, address]);
      try {
        for await (const line of agent.lines) if (line === 'serving') break;
        expect(await one.pids()).toHaveLength(1);
      } finally {
        await agent.kill();
      }
      while ((await one.pids()).length > 0) await realClock.sleep(20);
      await one.restart();
      expect(one.last()).toMatchObject({ disk: { kind: 'data' }, process: { kind: 'stopped' } });
    });

    test('an etcd that was left behind ends before the disk is looked at', async () => {
      const { dataDir, ...one } = await cluster().member();
      await one.stop();
      const left = await realExec.spawn('sleep', ['1000'], { env: { MUSTER_MEMBER: dataDir } });
      try {
        await one.restart();
        expect(await one.pids()).toEqual([]);
        expect(await left.exited).toMatchObject({ signal: 'SIGKILL' });
      } finally {
        left.kill('SIGKILL');
      }
    });
  });
});

/** Before etcd was started again. */
function pausesOf({ sleeps }: TestMember): readonly number[] {
  return sleeps.filter((ms) => ms >= 1_000 && ms !== stopLimitMs);
}

/** etcdctl prints IDs in decimal there. */
function hexField(fields: string, name: string): string {
  return BigInt(new RegExp(`"${name}" : (\\d+)`).exec(fields)?.[1] ?? 0).toString(16);
}
