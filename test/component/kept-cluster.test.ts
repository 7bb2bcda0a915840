// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test, vi } from 'vitest';
import { hasEtcd } from '../conformance/real-etcd.js';
import { type KeptCluster, openKeptCluster } from './kept-cluster.js';
import type { TestMember } from './member-parts.js';

async function untilOk(kept: KeptCluster): Promise<void> {
  await kept.untilView('ok', ({ state }) => state === 'ok');
}

/** Until it is acknowledged: those that are left may have to choose a leader first. */
async function put(kept: KeptCluster, at: TestMember, key: string, value: string): Promise<void> {
  await vi.waitFor(() => kept.etcdctl(at, '--command-timeout=5s', 'put', key, value), {
    timeout: 60_000,
    interval: 200,
  });
}

async function get(kept: KeptCluster, at: TestMember, key: string): Promise<string> {
  return (await kept.etcdctl(at, '--command-timeout=5s', 'get', '--print-value-only', key)).trim();
}

function three({ members }: KeptCluster): readonly [TestMember, TestMember, TestMember] {
  const [a, b, c] = members;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three members');
  return [a, b, c];
}

describe.each(['3.4', '3.5'] as const)('etcd %s', (version) => {
  describe.skipIf(!hasEtcd(version))('kept by the engine', () => {
    test('members that moved with their data are told to the others, one after the other', async () => {
      await using kept = await openKeptCluster(version, 'static');
      await untilOk(kept);
      const [a, b, c] = three(kept);
      await put(kept, a, 'before', 'x');
      const ids = [b.memberId(), c.memberId()];
      // Both at once: with neither there is no quorum that could be told.
      for (const one of [b, c]) await kept.turnOff(one);
      const moved = (one: TestMember) => `http://${one.address}:2390`;
      for (const one of [b, c]) {
        const urls = { ETCD_LISTEN_PEER_URLS: moved(one), ETCD_INITIAL_ADVERTISE_PEER_URLS: moved(one) };
        await kept.turnOn(one, { environment: urls });
      }
      await vi.waitFor(
        async () => {
          const { members } = await kept.record();
          const urls = members.flatMap(({ peerUrls }) => peerUrls);
          expect(urls.sort()).toEqual([a.peerUrl, moved(b), moved(c)].sort());
        },
        { timeout: 60_000, interval: 200 },
      );
      await untilOk(kept);
      expect([b.memberId(), c.memberId()]).toEqual(ids);
      const updated = (await kept.events()).filter(({ kind }) => kind === 'updated');
      expect(updated.map(({ machine }) => machine).sort()).toEqual([b.name, c.name].sort());
      // The two are a quorum now that must reach each other where they moved to.
      await kept.turnOff(a);
      await put(kept, b, 'after', 'y');
      expect([await get(kept, c, 'before'), await get(kept, c, 'after')]).toEqual(['x', 'y']);
    });

    /**
     * Facts, 4.3: A and B acknowledge a write that C never sees, and stop; B loses its disk. Started again on the flags that
     * it once had, it makes a quorum with C that has never heard of the write. The guard: an order to start names the
     * nonce of one empty disk (`stepMember`, "start"), and this disk is another one.
     */
    test.each([
      { state: 'new', who: 'B before any peer can be reached' },
      { state: 'existing', who: 'C first, then B' },
    ] as const)('silent loss by state=$state: $who', async ({ state }) => {
      await using kept = await openKeptCluster(version, 'static');
      await untilOk(kept);
      const [a, b, c] = three(kept);
      if (state === 'existing') {
        // What stands for B from now on is an order to join those that run.
        await kept.turnOff(b);
        await kept.turnOn(b, { isWiped: true });
        await kept.untilView('B is back', (view) => view.state === 'ok' && view.members[b.name]?.id !== '');
        await vi.waitFor(() => expect(b.last().process.kind).toBe('serving'), { timeout: 60_000 });
        await untilOk(kept);
      }
      const before = b.memberId();
      await kept.turnOff(c);
      await put(kept, a, 'acknowledged', 'by both');
      for (const one of [a, b]) await kept.turnOff(one);
      const told = b.reports.length;
      if (state === 'existing') await kept.turnOn(c);
      await kept.turnOn(b, { isWiped: true });
      if (state === 'new') await kept.turnOn(c);
      await c.until('with its data again', ({ process }) => process.kind === 'starting');
      const stuck = await kept.untilView('no quorum', (view) => view.state === 'no-quorum');
      expect(stuck.reason).toContain(`must return with its disk`);
      expect(b.reports.slice(told).map(({ disk, process }) => [disk.kind, process.kind])).toEqual([
        ['empty', 'stopped'],
      ]);
      await expect(kept.etcdctl(c, '--command-timeout=2s', 'put', 'new', 'x')).rejects.toThrow();

      await kept.turnOn(a);
      await untilOk(kept);
      expect(b.memberId()).not.toBe(before);
      for (const one of [a, b, c]) expect(await get(kept, one, 'acknowledged')).toBe('by both');
    });

    /**
     * Facts, 4.2 (a''): in a cluster that was grown, `state=new` makes a cluster of its own that runs for ever beside it.
     * The guard: data of another cluster is wiped (`orderFor`, "its data is of cluster"), and the disk gets a new place.
     */
    test('a foreign cluster ID by state=new in a cluster that was grown', async () => {
      await using kept = await openKeptCluster(version, 'seed');
      await untilOk(kept);
      const [a, , c] = three(kept);
      const { clusterId, token } = await kept.record();
      await put(kept, a, 'kept', 'yes');
      await kept.turnOff(c);
      await kept.turnOn(c, { isWiped: true });
      const initialCluster = kept.members.map(({ name, peerUrl }) => ({ name, urls: [peerUrl] }));
      c.order({ kind: 'start', nonce: c.nonce(), name: c.name, state: 'new', token, initialCluster });
      await c.until('astray', ({ disk }) => disk.kind === 'data' && disk.clusterId !== clusterId);
      await c.until('home', (report) => {
        const { disk, process } = report;
        return disk.kind === 'data' && disk.clusterId === clusterId && process.kind === 'serving';
      });
      await untilOk(kept);
      const reasons = (await kept.events()).map(({ reason }) => reason);
      expect(reasons).toContainEqual(expect.stringContaining('its data is of cluster'));
      expect(await get(kept, c, 'kept')).toBe('yes');
    });
  });
});
