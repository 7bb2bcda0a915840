// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controlPid, kill, machine, pidOf, type Site, untilStatus } from './harness.js';
import { etcdctl, eventsOf, openEtcdSite, storeOf } from './members/etcd-site.js';

interface WholeOptions {
  readonly version?: '3.4' | '3.5';
  readonly machines?: number;
  /** A line of the cluster file. */
  readonly backup?: string;
}

/** A cluster that is whole, with ten keys that each voter has. */
async function openWhole({ version = '3.5', machines = 3, backup = '' }: WholeOptions = {}): Promise<{
  readonly site: Site;
  readonly urls: readonly string[];
}> {
  const site = await openEtcdSite({ version, machines });
  const text = await readFile(join(site.folder, 'cluster.yaml'), 'utf8');
  await site.write('cluster.yaml', `${text}agentTtl: 2s\n${backup}`);
  const up = await site.muster('up');
  if (up.code !== 0) {
    await site[Symbol.asyncDispose]();
    throw new Error(up.stderr);
  }
  const urls = (await site.status()).endpoints.etcd;
  const ctl = etcdctl(site, '3.5', urls);
  for (let index = 0; index < 10; index += 1) await ctl('put', `/kept/${index}`, `v${index}`);
  // A follower hears what was committed with the next message of the leader.
  for (const url of urls) await untilHas(site, url, '/kept/9');
  return { site, urls };
}

async function untilHas(site: Site, url: string, key: string): Promise<void> {
  const ctl = etcdctl(site, '3.5', [url]);
  while ((await ctl('get', key, '--consistency=s', '--print-value-only')) === '') {}
}

async function keptOf(site: Site): Promise<string> {
  const ctl = etcdctl(site, '3.5', (await site.status()).endpoints.etcd);
  return ctl('get', '--prefix', '/kept/', '--print-value-only');
}

const allKept = Array.from({ length: 10 }, (_, index) => `v${index}`).join('\n');

/** Ends machines at once, as a power failure does, and has them boot again with empty disks. */
async function wipe(site: Site, names: readonly string[]): Promise<void> {
  for (const pid of await Promise.all(names.map((name) => pidOf(site, name)))) kill(pid, 'SIGKILL');
  await untilStatus(site, (status) => names.every((name) => machine(status, name).state === 'lost'));
  // Without a quorum no member comes to serve, so that this waits in vain.
  await site.muster('up', '--timeout', '1');
  await untilStatus(site, ({ store }) => store?.state === 'no-quorum');
}

const voters = (count: number) => ({ state: 'ok', states: Array.from({ length: count }, () => 'voter') });
const threeVoters = voters(3);

describe.concurrent('two of three lost at once', () => {
  test('nothing is touched; recover makes a new cluster of what the survivor has', async () => {
    const { site, urls } = await openWhole();
    await using _site = site;
    const stands = await site.muster('recover', '--yes');
    expect(stands).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a quorum of the store answers'),
    });

    const before = storeOf(await site.status());
    const list = await etcdctl(site, '3.5', urls)('member', 'list');
    await wipe(site, ['core-02', 'core-03']);
    // etcd 3.4's tool asks the one member, which needs no quorum to tell.
    expect(await etcdctl(site, '3.4', [urls[0] ?? ''])('member', 'list')).toBe(list);

    const asked = await site.muster('recover');
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody confirmed it') });
    expect(asked.stderr).toContain('source    the disk of core-01');
    const damaged = randomBytes(4096 + 32);
    await writeFile(join(site.folder, 'damaged.db'), damaged);
    const refused = await site.muster('recover', '--yes', '--from', 'damaged.db');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('its checksum does not fit') });
    expect(await readdir(join(site.folder, '.muster/snapshots'))).toEqual([]);
    expect(storeOf(await site.status()).state).toBe('no-quorum');

    const ran = await site.muster('recover', '--yes', '-o', 'json');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ran.stdout)).toMatchObject({ was: before.clusterId, source: { kind: 'survivor' } });
    const after = storeOf(await site.status());
    expect(after).toMatchObject(threeVoters);
    expect(after.clusterId).not.toBe(before.clusterId);
    expect(await keptOf(site)).toBe(allKept);
    const restoring = (await eventsOf(site)).filter(({ kind }) => kind === 'restoring');
    expect(JSON.stringify(restoring)).toContain('from the disk of core-01');
  });
});

test.concurrent.each([
  { version: '3.4', machines: 3, lost: 2 },
  { version: '3.5', machines: 5, lost: 3 },
] as const)('etcd $version: $lost of $machines lost at once', async ({ version, machines, lost }) => {
  const { site } = await openWhole({ version, machines });
  await using _site = site;
  const before = storeOf(await site.status());
  const names = before.members.map(({ machine: name }) => name);
  await wipe(site, names.slice(-lost));
  const ran = await site.muster('recover', '--yes', '-o', 'json');
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(ran.stdout)).toMatchObject({ was: before.clusterId, source: { kind: 'survivor' } });
  expect(storeOf(await site.status())).toMatchObject(voters(machines));
  expect(await keptOf(site)).toBe(allKept);
});

describe.concurrent('the control process dies in the middle of a recovery', () => {
  test.each(['restoring', 'founding'])('right after "%s"', async (step) => {
    const { site } = await openWhole();
    await using _site = site;
    const before = storeOf(await site.status());
    await wipe(site, ['core-02', 'core-03']);
    const events = site.start('events', '--follow', '--lines', '1');
    const recover = site.start('recover', '--yes', '--timeout', '60');
    await events.saw(`  ${step}`);
    kill(await controlPid(site), 'SIGKILL');
    await events.done;
    expect((await site.muster('up')).code).toBe(0);
    const after = storeOf(await untilStatus(site, ({ store }) => store?.state === 'ok'));
    expect(after).toMatchObject(threeVoters);
    expect(after.clusterId).not.toBe(before.clusterId);
    expect(await keptOf(site)).toBe(allKept);
    // The command that asked for it sees it to its end, whoever does it.
    expect(await recover.done).toMatchObject({ code: 0 });
  });
});

describe.concurrent('all lost at once', () => {
  test.each(['3.4', '3.5'] as const)(
    'etcd %s: recover takes the newest backup that is whole',
    async (version) => {
      const { site } = await openWhole({ version, backup: 'backup: {every: 1h, keep: 3}\n' });
      await using _site = site;
      const now = await site.muster('backup', 'now', '-o', 'json');
      expect(now, now.stderr).toMatchObject({ code: 0 });
      const folder = join(site.folder, 'backups');
      // The first was taken by itself.
      expect((await readdir(folder)).length).toBeGreaterThanOrEqual(2);
      await writeFile(join(folder, '2099-01-01T000000.000Z-99.db'), 'half a backup');
      const listed = await site.muster('backup', 'list', '-o', 'json');
      expect(listed.code).toBe(1);
      expect(JSON.parse(listed.stdout).slice(0, 2)).toMatchObject([
        { isVerified: false },
        { isVerified: true, revision: JSON.parse(now.stdout).revision },
      ]);

      await wipe(site, ['core-01', 'core-02', 'core-03']);
      const ran = await site.muster('recover', '--yes');
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      expect(ran.stderr).toContain('it was passed over');
      expect(ran.stderr).toMatch(/source {4}the backup .*backups\/.*: revision \d+/);
      expect(storeOf(await site.status())).toMatchObject(threeVoters);
      expect(await keptOf(site)).toBe(allKept);
    },
  );
});

describe.concurrent('a machine that hangs', () => {
  test('may be alive: recover names it, until somebody insists; it is wiped when it comes back', async () => {
    const { site } = await openWhole();
    await using _site = site;
    expect((await site.muster('backup', 'now')).code).toBe(0);
    const agent = await pidOf(site, 'core-01');
    const children = await readFile(`/proc/${agent}/task/${agent}/children`, 'utf8');
    const mine = [agent, ...children.trim().split(' ').map(Number)];
    for (const pid of mine) kill(pid, 'SIGSTOP');
    try {
      for (const name of ['core-02', 'core-03']) kill(await pidOf(site, name), 'SIGKILL');
      await untilStatus(site, ({ machines }) => machines.every(({ state }) => state === 'lost'));
      await site.muster('up', 'core-02', 'core-03', '--timeout', '1');
      await untilStatus(site, ({ store }) => store?.state === 'no-quorum');
      const refused = await site.muster('recover', '--yes');
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('core-01 (its machine is silent, and may only hang)'),
      });
      expect((await site.muster('recover', '--yes', '--insist', 'other')).code).toBe(2);
      // Nobody waits for a machine that hangs: two of three are there, and the store is not called whole.
      const ran = await site.muster('recover', '--yes', '--insist', 'muster', '--timeout', '5');
      expect(ran.stderr).toContain('source    the backup');
      await untilStatus(site, ({ store }) => store?.members.slice(1).every(isVoter) === true);
    } finally {
      for (const pid of mine) kill(pid, 'SIGCONT');
    }
    await untilStatus(site, ({ store }) => store?.state === 'ok');
    expect(storeOf(await site.status())).toMatchObject(threeVoters);
    expect(await keptOf(site)).toBe(allKept);
  });
});

function isVoter({ state }: { readonly state: string }): boolean {
  return state === 'voter';
}
