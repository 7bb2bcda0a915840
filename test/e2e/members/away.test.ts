// SPDX-License-Identifier: Apache-2.0

import { expect, test, vi } from 'vitest';
import { machine, untilStatus } from '../harness.js';
import { etcdctl, eventsOf, openEtcdSite, signalMachine, storeOf } from './etcd-site.js';

test('a machine that is away for longer than the cluster file lets it loses its place to another one', async () => {
  const options = { more: ['agentTtl: 2s'], store: ['replaceAfter: 10s'] };
  await using site = await openEtcdSite(options);
  const up = await site.muster('up');
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const before = await site.status();
  const lostId = storeOf(before).members.find((member) => member.machine === 'core-02')?.id ?? 'none';
  const ctl = etcdctl(site, '3.5', before.endpoints.etcd.slice(0, 1));
  await ctl('put', '/kept', 'yes');
  const untilListed = (names: readonly string[]) =>
    vi.waitFor(
      async () => {
        const lines = (await ctl('member', 'list')).split('\n').map((line) => line.split(', '));
        expect(lines.map(([, state, name]) => `${name} ${state}`).sort()).toEqual(
          names.map((name) => `${name} started`),
        );
        expect(lines.map(([id]) => id)).not.toContain(lostId);
      },
      { timeout: 60_000, interval: 250 },
    );

  await signalMachine(site, 'core-02', 'SIGSTOP');
  await untilListed(['core-01', 'core-03']);
  const removed = async () => (await eventsOf(site)).filter(({ kind }) => kind === 'removed');
  expect(await removed()).toMatchObject([{ machine: 'core-02', memberId: lostId }]);

  await openEtcdSite({ ...options, machines: 4, site });
  await site.muster('up', 'core-04');
  await untilListed(['core-01', 'core-03', 'core-04']);

  // It has all its data still, and thinks that it is a member.
  await signalMachine(site, 'core-02', 'SIGCONT');
  const whole = await untilStatus(site, ({ store }) => store?.state === 'ok' && store.members.length === 4);
  expect(storeOf(whole).states).toEqual(['voter', 'voter', 'voter', 'voter']);
  await untilListed(['core-01', 'core-02', 'core-03', 'core-04']);
  const there = etcdctl(site, '3.5', [`http://${machine(whole, 'core-02').privateIp}:2379`]);
  expect(await there('get', '/kept', '--print-value-only')).toBe('yes');
  expect(await removed()).toHaveLength(1);
});
