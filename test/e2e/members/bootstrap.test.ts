// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test, vi } from 'vitest';
import { openSite, type Site, untilStatus } from '../harness.js';
import { etcdctl, eventsOf, folders, openEtcdSite, storeOf } from './etcd-site.js';
import { startForeign, withNameServer } from './foreign.js';

/** An address of the cluster's network that no machine has. */
function besides(url: string, last: number): string {
  return new URL(url).hostname.replace(/\d+$/, String(last));
}

async function writeCluster(site: Site, store: string, machines: number, more: readonly string[] = []) {
  await site.write(
    'cluster.yaml',
    [
      `store: {kind: etcd, program: ${folders['3.5']}/etcd${store}}`,
      `machines: ${machines}`,
      ...more,
      '',
    ].join('\n'),
  );
}

describe('discovery', () => {
  test('a user-data of a dead service boots all the same; late-comers find the cluster full', async () => {
    await using site = await openSite();
    await writeCluster(site, '', 3, ['userData: user-data']);
    await site.write(
      'user-data',
      [
        '#cloud-config',
        'coreos:',
        '  etcd2:',
        '    discovery: https://discovery.invalid/6a28e078895c5ec737174db2419bb2f3',
        '    advertise-client-urls: http://$private_ipv4:2379',
        '    initial-advertise-peer-urls: http://$private_ipv4:2380',
        '    listen-client-urls: http://0.0.0.0:2379',
        '    listen-peer-urls: http://$private_ipv4:2380',
        '  units:',
        '    - {name: etcd2.service, command: start}',
        '',
      ].join('\n'),
    );
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('is not asked') });
    const status = await site.status();
    const { discovery = '', states } = storeOf(status);
    expect(states).toEqual(['voter', 'voter', 'voter']);
    expect((await site.muster('status')).stdout).toContain(discovery);
    const shown = await site.muster('discovery', 'show', discovery, '-o', 'json');
    const token = JSON.parse(shown.stdout);
    expect(token).toMatchObject({ state: 'formed', size: 3, protocol: 'v2' });
    const ids = storeOf(status).members.map(({ id }) => id);
    expect(token.slots.map(({ memberId }: { readonly memberId: string }) => memberId).sort()).toEqual(
      ids.sort(),
    );

    const late = await startForeign(site, {
      version: '3.5',
      name: 'late',
      address: besides(status.endpoints.etcd[0] ?? '', 99),
      flags: ['--discovery', discovery, '--discovery-fallback', 'exit'],
    });
    expect(await late.process.done).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('discovery: cluster is full'),
    });
    // A machine that comes back with nothing has another ID, and the token knows the founders alone.
    expect((await site.muster('reboot', 'core-02')).code).toBe(0);
    await untilStatus(site, ({ store }) => store?.state === 'ok');
    expect(storeOf(await site.status()).discovery).toBe(discovery);
  });

  test.each(['3.4', '3.5'] as const)(
    'a machine of another, with etcd %s, takes the slot that is left',
    async (version) => {
      await using site = await openSite();
      await writeCluster(site, ', bootstrap: discovery, size: 3', 2);
      const up = site.start('up');
      const waiting = await untilStatus(
        site,
        ({ store }) => store?.reason.includes('1 more to register') === true,
      );
      const { discovery = '' } = storeOf(waiting);
      const foreign = await startForeign(site, {
        version,
        name: 'foreign',
        address: besides(waiting.endpoints.etcd[0] ?? '', 99),
        flags: ['--discovery', discovery, '--discovery-fallback', 'exit'],
      });
      const done = await up.done;
      expect(done, done.stderr).toMatchObject({ code: 0 });
      const ctl = etcdctl(site, '3.4', [foreign.clientUrl]);
      const list = (await ctl('member', 'list')).split('\n').map((line) => line.split(', ').slice(1, 3));
      expect(list.sort()).toEqual(['core-01', 'core-02', 'foreign'].map((name) => ['started', name]));
      expect(await ctl('put', '/from', 'foreign')).toBe('OK');
      expect((await site.muster('get', '/from')).stdout.trim()).toBe('foreign');
      // The one that is another's votes as well, and keeps its place.
      expect(await site.muster('reboot', 'core-02')).toMatchObject({ code: 0 });
      const healed = await untilStatus(site, ({ store }) => store?.state === 'ok');
      expect(storeOf(healed).states).toEqual(['voter', 'voter']);
      expect(await ctl('member', 'list')).toContain(', foreign, ');
      expect((await eventsOf(site)).map(({ kind }) => kind)).toContain('registered');
    },
  );
});

// A name server of one's own takes a mount namespace and port 53.
const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot || process.env.CI !== undefined)('srv', () => {
  test('the DNS tells of the members as they are: stock tools find them, and a member that is added', async () => {
    await using site = await openSite();
    await writeCluster(site, ', bootstrap: srv', 3, [
      'domain: cluster.example.com',
      'control: {dnsSuffix: blue}',
    ]);
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const { endpoints } = await site.status();
    const nameServer = new URL(endpoints.control).hostname;
    const dig = async (...words: readonly string[]) =>
      (await site.run('dig', [`@${nameServer}`, '+short', ...words])).stdout.trim().split('\n').sort();
    const servers = () => dig('_etcd-server-blue._tcp.cluster.example.com', 'SRV');
    const targets = ['core-01', 'core-02', 'core-03'].map((name) => `0 0 2380 ${name}.cluster.example.com.`);
    expect(await servers()).toEqual(targets);

    const named = ['--discovery-srv', 'cluster.example.com', '--discovery-srv-name', 'blue'];
    const found = [...named, '--insecure-discovery'];
    const asked = (...words: readonly string[]) => {
      const [command = '', ...args] = withNameServer(
        [`${folders['3.5']}/etcdctl`, ...found, ...words],
        nameServer,
      );
      return site.run(command, args, { env: { ETCDCTL_API: '3' } });
    };
    expect(await asked('put', '/by', 'name')).toMatchObject({ code: 0, stdout: 'OK\n' });

    const address = besides(endpoints.etcd[0] ?? '', 99);
    const added = await vi.waitFor(
      async () => {
        const ran = await site.muster('member', 'add', 'foreign', `http://${address}:2380`);
        expect(ran, ran.stderr).toMatchObject({ code: 0 });
        return ran;
      },
      { timeout: 30_000, interval: 500 },
    );
    expect(added.stdout).toContain('Added member');
    await vi.waitFor(async () => expect(await servers()).toHaveLength(4), { timeout: 20_000, interval: 200 });
    const foreign = await startForeign(site, {
      version: '3.5',
      name: 'foreign',
      address,
      flags: [...named, '--initial-cluster-state', 'existing'],
      nameServer,
    });
    const ctl = etcdctl(site, '3.5', [foreign.clientUrl]);
    await vi.waitFor(async () => expect(await ctl('get', '/by', '--print-value-only')).toBe('name'), {
      timeout: 30_000,
      interval: 200,
    });
    await vi.waitFor(async () => expect(await servers()).toContain('0 0 2380 foreign.cluster.example.com.'), {
      timeout: 20_000,
      interval: 200,
    });
  });
});

test('what the cluster file says counts, and a user-data that says otherwise is told so', async () => {
  await using site = await openEtcdSite({
    bootstrap: 'seed',
    more: [
      'userData:',
      '  coreos:',
      '    etcd2: {discovery: "https://discovery.invalid/1"}',
      '    units: [{name: etcd2.service, command: start}]',
    ],
  });
  const up = await site.muster('up');
  expect(up, up.stderr).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(
      '"discovery" does not count: the cluster file\'s bootstrap "seed" counts',
    ),
  });
  expect((await eventsOf(site)).filter(({ kind }) => kind === 'added')).toHaveLength(2);
  expect(storeOf(await site.status()).discovery).toBeUndefined();
});
