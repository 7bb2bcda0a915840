// SPDX-License-Identifier: Apache-2.0

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeState } from '../../src/registry/index.js';
import { machine, openSite, type Site, untilStatus } from './harness.js';
import { openEtcdSite, signalMachine, storeOf } from './members/etcd-site.js';

const names = ['core-01', 'core-02', 'core-03'] as const;

/** A service that all machines run, and a file. */
function userData(motd: string, seconds: number, more: readonly string[] = []): string {
  return [
    '#cloud-config',
    'write_files:',
    '  - path: /etc/motd',
    `    content: ${motd} on $muster_name`,
    ...more,
    'coreos:',
    '  units:',
    '    - name: work.service',
    '      command: start',
    '      content: |',
    '        [Service]',
    `        ExecStart=/bin/sh -c 'test ! -e var/broken && exec sleep ${seconds}'`,
    '',
  ].join('\n');
}

async function openCluster(): Promise<Site> {
  const site = await openSite();
  const machines = names.map((name) => `  - name: ${name}`).join('\n');
  await site.write('cluster.yaml', `name: roll\nagentTtl: 3s\nuserData: user-data\nmachines:\n${machines}\n`);
  await site.write('user-data', userData('one', 801));
  expect(await site.muster('up')).toMatchObject({ code: 0 });
  return site;
}

const rootOf = (site: Site, name: string) => join(site.folder, '.muster/machines', name, 'root');
const motdOf = (site: Site, name: string) => readFile(join(rootOf(site, name), 'etc/motd'), 'utf8');

/** Sleeping processes of the service, by the seconds that they sleep. */
async function working(site: Site, seconds: number): Promise<number> {
  return (await site.processes()).filter(({ command }) => command === `sleep ${seconds}`).length;
}

/** The boot of each machine: the same as long as none was rebooted. */
async function boots(site: Site): Promise<readonly string[]> {
  const { etcd } = (await site.status()).endpoints;
  const keys = ['get', '--prefix', '/_muster/nodes/', '--print-value-only'];
  const { stdout } = await site.run('etcdctl', [`--endpoints=${etcd[0]}`, ...keys], {
    env: { ETCDCTL_API: '3' },
  });
  const nodes = stdout.split('\n').filter((line) => line.startsWith('{'));
  return nodes.map((line) => (JSON.parse(line) as NodeState).bootId).sort();
}

function outcomes(stdout: string): Readonly<Record<string, string>> {
  const list = JSON.parse(stdout) as readonly { name: string; outcome: string }[];
  return Object.fromEntries(list.map(({ name, outcome }) => [name, outcome]));
}

test('changed files and units reach running machines, once, and drift is seen and mended', async () => {
  await using site = await openCluster();
  const before = await boots(site);
  expect(await working(site, 801)).toBe(3);
  const nothing = await site.muster('apply', '-o', 'json');
  expect(outcomes(nothing.stdout)).toEqual({ 'core-01': 'same', 'core-02': 'same', 'core-03': 'same' });

  await site.write('user-data', userData('two', 802, ['  - {path: /etc/more, content: x}']));
  const dry = await site.muster('apply', '--dry-run');
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain('+    content: two on core-02');
  expect(dry.stdout).toContain('core-03  would be sent its configuration: its user-data changed');
  expect(await motdOf(site, 'core-01')).toBe('one on core-01');

  const one = await site.muster('apply', 'core-02', '--settle', '1');
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^core-02 +applied/m) });
  expect(await Promise.all(names.map((name) => motdOf(site, name)))).toEqual([
    'one on core-01',
    'two on core-02',
    'one on core-03',
  ]);
  const older = await site.muster('config', 'drift');
  expect(older).toMatchObject({ code: 3, stdout: expect.stringMatching(/^core-01 +older/m) });
  const all = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(outcomes(all.stdout)).toEqual({ 'core-01': 'applied', 'core-02': 'same', 'core-03': 'applied' });
  expect(await motdOf(site, 'core-03')).toBe('two on core-03');
  expect([await working(site, 801), await working(site, 802)]).toEqual([0, 3]);
  expect(await boots(site)).toEqual(before);
  const again = await site.muster('apply');
  expect(again).toMatchObject({ code: 0, stdout: expect.not.stringContaining('applied') });
  expect(await site.muster('config', 'drift')).toMatchObject({ code: 0 });

  await writeFile(join(rootOf(site, 'core-03'), 'etc/motd'), 'by hand');
  const drifted = await untilStatus(
    site,
    (status) => (machine(status, 'core-03').config?.drift.length ?? 0) > 0,
  );
  expect(machine(drifted, 'core-03').config?.drift).toEqual(['/etc/motd: its content differs']);
  expect((await site.muster('machines')).stdout).toMatch(
    /core-03.*drifted: \/etc\/motd: its content differs/,
  );
  const seen = await site.muster('config', 'drift', '-o', 'json');
  expect(seen.code).toBe(3);
  expect(JSON.parse(seen.stdout)).toMatchObject([
    { name: 'core-01', isCurrent: true, drift: [] },
    { name: 'core-02', isCurrent: true, drift: [] },
    { name: 'core-03', isCurrent: true, drift: ['/etc/motd: its content differs'] },
  ]);
  const mended = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(outcomes(mended.stdout)).toEqual({ 'core-01': 'same', 'core-02': 'same', 'core-03': 'applied' });
  expect(await motdOf(site, 'core-03')).toBe('two on core-03');

  await site.write('user-data', userData('two', 802));
  const taken = await site.muster('apply', '--settle', '1');
  expect(taken.stdout).toMatch(/core-01 {2}takes a reboot .*\/etc\/more/);
  expect(await readFile(join(rootOf(site, 'core-01'), 'etc/more'), 'utf8')).toBe('x');
});

test('a machine that does not get well ends the roll, and the next call goes on', async () => {
  await using site = await openCluster();
  await writeFile(join(rootOf(site, 'core-02'), 'var/broken'), '');
  await site.write('user-data', userData('two', 803));
  const stopped = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(stopped.code).toBe(1);
  expect(outcomes(stopped.stdout)).toEqual({
    'core-01': 'applied',
    'core-02': 'failed',
    'core-03': 'not reached',
  });
  expect(stopped.stderr).toContain('error: core-02 did not get well');
  expect(stopped.stderr).toContain('work.service');
  expect(await motdOf(site, 'core-03')).toBe('one on core-03');
  expect(await working(site, 801)).toBe(1);

  await site.run('rm', [join(rootOf(site, 'core-02'), 'var/broken')]);
  const on = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(on.code).toBe(0);
  expect(outcomes(on.stdout)).toEqual({ 'core-01': 'same', 'core-02': 'applied', 'core-03': 'applied' });
  expect(await working(site, 803)).toBe(3);

  expect(await site.muster('down', 'core-03')).toMatchObject({ code: 0 });
  await site.write('user-data', userData('three', 803));
  const off = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(outcomes(off.stdout)).toEqual({ 'core-01': 'applied', 'core-02': 'applied', 'core-03': 'off' });
  expect(await site.muster('up', 'core-03')).toMatchObject({ code: 0 });
  expect(await motdOf(site, 'core-03')).toBe('three on core-03');
});

test('members of an etcd are rolled one by one, and not on while their cluster is not whole', async () => {
  await using site = await openEtcdSite({ more: ['userData: user-data'] });
  const withEtcd = (text: string) => `${text}    - {name: etcd2.service, command: start}\n`;
  await site.write('user-data', withEtcd(userData('one', 804)));
  const up = await site.muster('up');
  expect(up, up.stderr).toMatchObject({ code: 0 });
  await site.write('user-data', withEtcd(userData('two', 805)));
  await signalMachine(site, 'core-03', 'SIGSTOP');
  await untilStatus(site, ({ store }) => store?.state !== 'ok');
  const held = await site.muster('apply', '--settle', '1', '--timeout', '10', '-o', 'json');
  await signalMachine(site, 'core-03', 'SIGCONT');
  expect(outcomes(held.stdout)).toMatchObject({ 'core-01': 'failed', 'core-02': 'not reached' });
  expect(held.code).toBe(1);
  expect(await motdOf(site, 'core-02')).toBe('one on core-02');
  await untilStatus(site, ({ store }) => store?.state === 'ok');
  const rolled = await site.muster('apply', '--settle', '1', '-o', 'json');
  expect(rolled.code).toBe(0);
  expect(outcomes(rolled.stdout)).toEqual({ 'core-01': 'same', 'core-02': 'applied', 'core-03': 'applied' });
  expect(storeOf(await site.status()).states).toEqual(['voter', 'voter', 'voter']);
  expect(await working(site, 805)).toBe(3);
});
