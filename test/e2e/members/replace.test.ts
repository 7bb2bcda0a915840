// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { kill, machine, openSite, pidOf, untilStatus } from '../harness.js';
import { etcdctl, eventsOf, folders, storeOf } from './etcd-site.js';

test.each(['3.4', '3.5'] as const)(
  'etcd %s: a spare machine takes the place of one that will not return',
  async (version) => {
    await using site = await openSite();
    await site.write(
      'cluster.yaml',
      [
        `store: {kind: etcd, program: ${folders[version]}/etcd}`,
        'agentTtl: 3s',
        'machines:',
        ...['core-01', 'core-02', 'core-03'].map((name) => `  - {name: ${name}}`),
        '  - {name: spare-01, role: proxy}',
        '',
      ].join('\n'),
    );
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const before = await site.status();
    const lostId = storeOf(before).members.find((member) => member.machine === 'core-02')?.id;
    const ctl = etcdctl(site, version, before.endpoints.etcd.slice(0, 1));
    await ctl('put', '/kept', 'yes');
    kill(await pidOf(site, 'core-02'), 'SIGKILL');
    await untilStatus(site, (status) => machine(status, 'core-02').state === 'lost');

    expect((await site.muster('machine', 'replace', 'core-02', '--with', 'spare-01')).code).toBe(0);
    const applied = await site.muster('up', '--timeout', '120');
    expect(applied, `${applied.stdout}${applied.stderr}`).toMatchObject({ code: 0 });
    const after = await untilStatus(site, ({ store }) => store?.state === 'ok');
    expect(storeOf(after).members.map(({ machine: name, state }) => [name, state])).toEqual(
      ['core-01', 'core-03', 'spare-01'].map((name) => [name, 'voter']),
    );
    expect(await ctl('member', 'list')).not.toContain(lostId);
    const spare = machine(after, 'spare-01').privateIp;
    const there = etcdctl(site, version, [`http://${spare}:2379`]);
    expect(await there('get', '/kept', '--print-value-only')).toBe('yes');
    const removed = (await eventsOf(site)).filter(({ kind }) => kind === 'removed');
    expect(removed).toMatchObject([{ machine: 'core-02', memberId: lostId }]);
  },
);
