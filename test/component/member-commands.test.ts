// SPDX-License-Identifier: Apache-2.0

import { resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type EtcdVersion, findProgram, hasEtcd } from '../conformance/real-etcd.js';
import { type EtcdCluster, type Ran, runProgram, seat, startEtcdCluster } from './etcd-cluster.js';
import { startServed } from './etcd-parts.js';

/** `muster member …` against these endpoints. */
async function member(endpoints: readonly string[], ...args: readonly string[]): Promise<Ran> {
  return runProgram(resolve('bin/muster'), ['member', ...args, '--endpoints', endpoints.join(',')]);
}

/** The same of etcdctl, in the API version given. */
async function stock(
  { endpoints }: Pick<EtcdCluster, 'endpoints'>,
  api: '2' | '3',
  ...args: readonly string[]
): Promise<Ran> {
  const program = findProgram('etcdctl', '3.4') ?? 'etcdctl';
  const [first = ''] = endpoints;
  return runProgram(program, ['--endpoints', first, 'member', ...args], { ETCDCTL_API: api });
}

/** Once those that are left have a leader that takes writes: the one that was lost may have led. */
async function untilWritable(endpoints: readonly string[]): Promise<void> {
  const program = findProgram('etcdctl', '3.4') ?? 'etcdctl';
  const args = ['--endpoints', endpoints.join(','), '--command-timeout=5s', 'put', '/ready', 'yes'];
  await vi.waitFor(
    async () => expect(await runProgram(program, args, { ETCDCTL_API: '3' })).toMatchObject({ code: 0 }),
    { timeout: 60_000, interval: 200 },
  );
}

const lines = (text: string) => text.split('\n').toSorted();
const patient = ['--timeout', '12'];

describe.skipIf(!hasEtcd('3.4') || !hasEtcd('3.5'))('muster member', () => {
  it.each<{ name: string; versions: readonly EtcdVersion[] }>([
    { name: '3.4', versions: ['3.4', '3.4', '3.4'] },
    { name: '3.5', versions: ['3.5', '3.5', '3.5'] },
    { name: '3.4 and 3.5', versions: ['3.4', '3.5', '3.5'] },
  ])('does on three members of $name what etcdctl does', async ({ versions }) => {
    const flags = versions.includes('3.4') ? ['--enable-v2'] : ['--enable-v2=true'];
    await using cluster = await startEtcdCluster({ versions, flags });
    const { endpoints } = cluster;
    const at = seat('core-04');
    const same = async () => {
      const [v2, simple] = [await stock(cluster, '2', 'list'), await stock(cluster, '3', 'list')];
      expect(v2.stdout).toContain('name=core-01');
      expect(lines((await member(endpoints, 'list', '-o', 'v2')).stdout)).toEqual(lines(v2.stdout));
      expect(lines((await member(endpoints, 'list', '-o', 'simple')).stdout)).toEqual(lines(simple.stdout));
    };
    await same();

    const added = await member(endpoints, 'add', 'core-04', at.peerUrl, ...patient);
    expect(added).toMatchObject({ code: 0 });
    const [, id = ''] =
      /^Added member named core-04 with ID ([0-9a-f]+) to cluster\n\n/.exec(added.stdout) ?? [];
    const urls = [...cluster.seats, at].map(({ name, peerUrl }) => `${name}=${peerUrl}`);
    const [, initial = ''] = /\nETCD_INITIAL_CLUSTER="(.*)"\n/.exec(added.stdout) ?? [];
    expect(initial.split(',').toSorted()).toEqual(urls);
    expect(added.stdout).toBe(
      [
        `Added member named core-04 with ID ${id} to cluster`,
        '',
        'ETCD_NAME="core-04"',
        `ETCD_INITIAL_CLUSTER="${initial}"`,
        'ETCD_INITIAL_CLUSTER_STATE="existing"',
        '',
        '#cloud-config',
        'coreos:',
        '  etcd2:',
        '    name: core-04',
        `    initial-advertise-peer-urls: ${at.peerUrl}`,
        `    initial-cluster: ${initial}`,
        '    initial-cluster-state: existing',
        '',
      ].join('\n'),
    );
    await same();
    expect((await member(endpoints, 'list', '-o', 'v2')).stdout).toContain(
      `${id}[unstarted]: peerURLs=${at.peerUrl}\n`,
    );

    // What it printed is what etcd starts with, and stock etcdctl says the same words about the rest.
    expect(await member(endpoints, 'update', id, 'http://127.0.0.9:1')).toMatchObject({
      code: 0,
      stdout: `Updated member with ID ${id} in cluster\n`,
    });
    await member(endpoints, 'update', `0x${id}`, at.peerUrl);
    await cluster.join(at, versions[0] ?? '3.5');
    await same();
    expect(await member(endpoints, 'remove', 'core-04', ...patient)).toMatchObject({
      code: 0,
      stdout: `Removed member ${id} from cluster\n`,
    });
    await same();
  });

  it.each<EtcdVersion>(['3.4', '3.5'])('brings a wiped member of %s back as learner', async (version) => {
    await using cluster = await startEtcdCluster({ versions: [version, version, version] });
    const endpoints = cluster.endpoints.slice(0, 2);
    const [, , gone] = cluster.seats;
    if (gone === undefined) throw new Error('no third');
    await cluster.wipe(gone.name);
    await untilWritable(endpoints);
    const removed = await member(endpoints, 'remove', gone.name, ...patient);
    expect(removed, removed.stderr).toMatchObject({ code: 0 });
    const added = await member(
      endpoints,
      ...['add', gone.name, gone.peerUrl, '--learner', '--format', 'env', ...patient],
    );
    expect(added).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('muster member promote core-03'),
    });
    expect(added.stdout).toMatch(/^ETCD_NAME="core-03"\nETCD_INITIAL_CLUSTER=".*"\nETCD_INITIAL_ADVERTISE/);

    expect(await member(endpoints, 'promote', gone.peerUrl, '--timeout', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/waiting to promote member[\s\S]*was never started[\s\S]*member-refused/),
    });
    expect(await member(endpoints, 'update', gone.peerUrl, 'http://127.0.0.9:1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[cli/learner-moves]'),
    });
    expect(
      await member(endpoints, 'add', 'core-05', 'http://127.0.0.9:1', '--learner', '--timeout', '1'),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('muster member promote') });

    await cluster.restart(gone.name, { state: 'existing', peers: cluster.seats });
    const promoted = await member(endpoints, 'promote', gone.name, ...patient);
    expect(promoted).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Member \w+ promoted in cluster \w+\n$/),
    });
    const listed = await member(endpoints, 'list', '-o', 'json');
    const { members, leader } = JSON.parse(listed.stdout);
    expect(members).toHaveLength(3);
    expect(members.filter(({ role }: { role: string }) => role === 'learner')).toEqual([]);
    expect(members.filter(({ role }: { role: string }) => role === 'leader')).toMatchObject([{ id: leader }]);
    expect((await member(endpoints, 'list')).stdout).toMatch(
      /^ID +NAME +STATUS +ROLE +PEER URLS +CLIENT URLS\n/,
    );
  });

  it.each<EtcdVersion>(['3.4', '3.5'])('refuses on %s what would harm, and says why', async (version) => {
    await using cluster = await startEtcdCluster({ versions: [version, version, version] });
    const [one, two] = cluster.endpoints;
    const refused = async (code: string, ...args: readonly string[]) => {
      const ran = await member([one ?? '', two ?? ''], ...args);
      expect(ran, args.join(' ')).toMatchObject({ code: code === 'cli/usage' ? 2 : 1, stdout: '' });
      expect(ran.stderr).toContain(`[${code}]`);
      return ran.stderr;
    };
    await refused('cli/usage', 'add', 'x', 'no-url');
    await refused('cli/usage', 'add', 'x', 'http://127.0.0.9:1/path');
    await refused('cli/usage', 'add', 'a=b', 'http://127.0.0.9:1');
    await refused('cli/member-exists', 'add', 'core-01', 'http://127.0.0.9:1');
    const [first] = cluster.seats;
    expect(await refused('cli/member-exists', 'add', 'x', first?.peerUrl ?? '')).toContain('core-01 has');
    await refused('cli/member-exists', 'update', 'core-02', first?.peerUrl ?? '');
    expect(await refused('cli/unknown-member', 'remove', 'nobody')).toContain('(core-03)');
    await refused('etcd/member-not-learner', 'promote', 'core-01');

    await cluster.stop('core-03');
    await untilWritable([one ?? '', two ?? '']);
    const add = await refused('cli/member-refused', 'add', 'x', 'http://127.0.0.9:1', '--timeout', '1');
    expect(add).toMatch(/core-03 does not answer at .*start core-03, or remove what is gone/s);
    expect(await refused('cli/too-few-voters', 'remove', 'core-02')).toContain(
      '1 of 2 voters would run where 2',
    );
    const forced = await member([one ?? ''], 'remove', 'core-02', '--force', '--timeout', '1');
    expect(forced.stderr).toContain('etcdserver: unhealthy cluster');

    await cluster.stop('core-02');
    // Until it has noticed, the leader that is left counts itself one.
    await expect
      .poll(async () => (await member([one ?? ''], 'list', '-o', 'simple')).stderr, { timeout: 40_000 })
      .toMatch(/\[cli\/no-leader\]|warning: there is no leader/);
    await cluster.restart('core-02');
    await cluster.restart('core-03');
    expect(await member([one ?? ''], 'remove', 'core-03', ...patient)).toMatchObject({ code: 0 });
  });

  it('asks before a second voter stops all writes', async () => {
    await using cluster = await startEtcdCluster({ versions: ['3.5'] });
    const at = seat('core-02');
    const plain = await member(cluster.endpoints, 'add', 'core-02', at.peerUrl);
    expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining('--learner') });
    expect(plain.stderr).toContain('[cli/stops-writes]');
    const last = await member(cluster.endpoints, 'remove', 'core-01');
    expect(last.stderr).toContain('it is the last one');
    const sure = await member(cluster.endpoints, 'add', 'core-02', at.peerUrl, '--yes', '-o', 'json');
    expect(sure).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing can be written') });
    expect(JSON.parse(sure.stdout)).toMatchObject({
      name: 'core-02',
      isLearner: false,
      initialCluster: expect.stringContaining(`core-02=${at.peerUrl}`),
    });
    await cluster.join(at, '3.5');
    expect((await member(cluster.endpoints, 'list', '-o', 'simple')).stdout).toContain('started, core-02');
  });
});

it('a store of one member says what it is', async () => {
  const served = await startServed();
  try {
    expect((await member([served.url], 'list', '-o', 'simple')).stdout).toBe(
      `fedcba9876543210, started, core-01, http://127.0.0.1:2380, ${served.url}, false\n`,
    );
    const add = ['add', 'core-02', 'http://127.0.0.9:1'];
    expect((await member([served.url], ...add, '--learner')).stderr).toContain('[cli/takes-no-other]');
    expect((await member([served.url], ...add, '--yes')).stderr).toContain('takes no other');
    expect((await member([served.url], 'remove', 'core-01')).stderr).toContain('[cli/too-few-voters]');
    expect((await member([served.url], 'promote', 'core-01')).stderr).toContain('learner member');
  } finally {
    await served.close();
  }
});
