// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test, vi } from 'vitest';
import { openSite } from '../harness.js';
import { etcdctl, eventsOf, openEtcdSite, storeOf } from './etcd-site.js';

describe.each(['3.4', '3.5'] as const)('etcd %s on each machine', (version) => {
  test('up, stock tools at every member, down and up again with all that was written', async () => {
    await using site = await openEtcdSite({ version });
    const up = await site.muster('up');
    expect(up).toMatchObject({ code: 0 });
    const status = await site.status();
    expect(storeOf(status)).toMatchObject({ state: 'ok', states: ['voter', 'voter', 'voter'] });
    expect(status.endpoints.etcd).toHaveLength(3);
    for (const [index, endpoint] of status.endpoints.etcd.entries()) {
      await etcdctl(site, version, [endpoint])('put', `/at-${index}`, String(index));
    }
    const ctl = etcdctl(site, version, status.endpoints.etcd);
    expect((await ctl('get', '--prefix', '/at-', '--print-value-only')).split('\n')).toEqual(['0', '1', '2']);
    expect(await ctl('endpoint', 'health').catch(String)).not.toContain('unhealthy');
    expect((await site.muster('set', '/message', 'hello')).code).toBe(0);
    expect(await ctl('get', '/message', '--print-value-only')).toBe('hello');

    expect(await site.muster('up')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to do'),
    });

    expect((await site.muster('down')).code).toBe(0);
    expect(await site.processes()).toEqual([]);
    expect((await site.muster('up')).code).toBe(0);
    const after = await site.status();
    expect(storeOf(after)).toMatchObject({ state: 'ok', states: ['voter', 'voter', 'voter'] });
    expect(storeOf(after).clusterId).not.toBe(storeOf(status).clusterId);
    expect((await site.muster('get', '/message')).stdout.trim()).toBe('hello');
    expect((await site.muster('set', '/message', 'again')).code).toBe(0);
    const kinds = (await eventsOf(site)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['founding', 'formed', 'sealed', 'restoring', 'ok']));

    expect((await site.muster('destroy', '--yes')).code).toBe(0);
    expect(await site.processes()).toEqual([]);
  });
});

test('up --store etcd begins a cluster file; the etcd on PATH is run', async () => {
  await using site = await openSite();
  const up = await site.muster('up', '--store', 'etcd', '-o', 'json');
  expect(up).toMatchObject({ code: 0 });
  expect(storeOf(await site.status()).state).toBe('ok');

  // Units are in the control process's store, and never in the members'.
  await site.write('hello.service', '[Service]\nExecStart=/bin/sleep infinity\n');
  expect(await site.muster('unit', 'start', 'hello.service')).toMatchObject({ code: 0 });
  expect(await site.muster('machine', 'drain', 'core-01')).toMatchObject({ code: 0 });

  const other = await site.muster('up', '--store', 'embedded');
  expect(other.code).toBe(2);
  await site.write('cluster.yaml', 'store: embedded\n');
  expect(await site.muster('up')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot become embedded'),
  });
});

test('seed: one member begins, the others are added', async () => {
  await using site = await openEtcdSite({ bootstrap: 'seed' });
  expect((await site.muster('up')).code).toBe(0);
  expect(storeOf(await site.status())).toMatchObject({ state: 'ok', states: ['voter', 'voter', 'voter'] });
  const added = (await eventsOf(site)).filter(({ kind }) => kind === 'added').map(({ machine }) => machine);
  expect(added.sort()).toHaveLength(2);
});

test('members and proxies: the proxy carries stock tools to the members', async () => {
  await using site = await openSite();
  await site.write(
    'cluster.yaml',
    [
      'store: etcd',
      'machines:',
      ...['core-01', 'core-02', 'core-03'].map((name) => `  - {name: ${name}}`),
      '  - {name: web-01, role: proxy}',
      '',
    ].join('\n'),
  );
  expect((await site.muster('up')).code).toBe(0);
  const status = await site.status();
  const web = status.machines.find(({ name }) => name === 'web-01');
  const ctl = etcdctl(site, '3.4', [`http://${web?.privateIp}:2379`]);
  expect(await ctl('put', '/from', 'web-01')).toBe('OK');
  // Every machine is in the store that all share, where stock tools of fleet look.
  await vi.waitFor(
    async () => {
      const keys = await ctl('get', '--prefix', '--keys-only', '/_coreos.com/fleet/machines/');
      expect(keys.split('\n').filter((key) => key.endsWith('/object'))).toHaveLength(4);
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(storeOf(status).members.map(({ machine }) => machine)).toEqual(['core-01', 'core-02', 'core-03']);
});

test('a machine with no etcd says so, with the line that installs it', async () => {
  await using site = await openSite();
  await site.write('cluster.yaml', 'store: {kind: etcd, program: /nowhere/etcd}\nmachines: 1\n');
  const up = await site.muster('up', '--timeout', '8');
  expect(up.code).toBe(1);
  expect(`${up.stdout}${up.stderr}`).toContain('apt-get install etcd-server');
});
