// SPDX-License-Identifier: Apache-2.0

import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machine, openSite, type Site, untilStatus } from '../harness.js';

/** The article, from top to bottom, as far as muster has come, with its own files and with stock tools. */
const articleFiles = join(import.meta.dirname, '../../golden/article');
const examples = join(import.meta.dirname, '../../../examples');

let site: Site;

beforeAll(async () => {
  site = await openSite();
  await site.write('cluster.yaml', 'name: article\nuserData: user-data\n');
  await site.write('user-data', await readFile(join(articleFiles, 'basic.yaml'), 'utf8'));
});
afterAll(() => site[Symbol.asyncDispose]());

test('`vagrant up` is `muster up`: three machines with the basic cloud-config', async () => {
  const up = await site.muster('up');
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const status = await untilStatus(site, ({ machines }) =>
    machines.every(({ units }) => units.length === 2 && units.every(({ active }) => active === 'active')),
  );
  expect(status.machines[2]?.units.map(({ name }) => name).sort()).toEqual([
    'etcd2.service',
    'fleet.service',
  ]);
});

test('`etcdctl ls --recursive /` on core-03', async () => {
  const listed = await site.muster('ssh', 'core-03', '--', 'muster ls --recursive /');
  expect(listed.stdout).toBe(
    [
      '/coreos.com',
      '/coreos.com/updateengine',
      '/coreos.com/updateengine/rebootlock',
      '/coreos.com/updateengine/rebootlock/semaphore',
      '',
    ].join('\n'),
  );
});

test('the article’s own commands, by stock etcdctl of the article’s API', async () => {
  const v2 = async (command: string) =>
    (
      await site.muster(
        'ssh',
        'core-03',
        '--',
        `ETCDCTL_API=2 etcdctl --endpoint $ETCDCTL_ENDPOINTS ${command}`,
      )
    ).stdout;
  expect((await v2('ls --recursive /')).split('\n')).toEqual([
    '/coreos.com',
    '/coreos.com/updateengine',
    '/coreos.com/updateengine/rebootlock',
    '/coreos.com/updateengine/rebootlock/semaphore',
    '',
  ]);
  expect(await v2('get /coreos.com/updateengine/rebootlock/semaphore')).toBe(
    '{"semaphore":1,"max":1,"holders":null}\n',
  );
  const { machines } = await site.status();
  const listed = (await v2('ls --recursive /_coreos.com')).split('\n');
  for (const { id } of machines) {
    expect(listed).toContain(`/_coreos.com/fleet/machines/${id}/object`);
    expect(JSON.parse(await v2(`get /_coreos.com/fleet/machines/${id}/object`))).toMatchObject({ ID: id });
  }
  expect(listed).toContain('/_coreos.com/fleet/engine/version');
  expect(listed).toContain('/_coreos.com/fleet/lease/engine-leader');
});

test('stock etcdctl on core-03 sees the same keys, with no option', async () => {
  const listed = await site.muster('ssh', 'core-03', '--', 'etcdctl get --prefix --keys-only /coreos.com');
  expect(listed).toMatchObject({ code: 0, stdout: '/coreos.com/updateengine/rebootlock/semaphore\n\n' });
});

test('the semaphore in JSON notation', async () => {
  const key = '/coreos.com/updateengine/rebootlock/semaphore';
  const read = await site.muster('ssh', 'core-03', '--', `muster get ${key}`);
  expect(read.stdout).toBe('{\n  "semaphore": 1,\n  "max": 1,\n  "holders": null\n}\n');
  const { endpoints } = await site.status();
  const stock = await site.run('etcdctl', [
    `--endpoints=${endpoints.etcd}`,
    'get',
    '--print-value-only',
    key,
  ]);
  expect(stock.stdout).toBe('{"semaphore":1,"max":1,"holders":null}\n');
});

test('the state of the cluster, and of one machine', async () => {
  const { machines } = await site.status();
  const listed = (await site.muster('ls', '--recursive', '/_coreos.com')).stdout.split('\n');
  for (const { id } of machines) expect(listed).toContain(`/_coreos.com/fleet/machines/${id}/object`);
  const core = machine(await site.status(), 'core-01');
  const object = JSON.parse(
    (await site.muster('get', `/_coreos.com/fleet/machines/${core.id}/object`)).stdout,
  );
  // fleet's public-ip is "$public_ipv4" in the article's file.
  expect(object).toMatchObject({ ID: core.id, PublicIP: core.publicIp, Metadata: {} });
});

test('an iPXE script from an HTTP endpoint, with the endpoint of the cloud-config on the kernel’s command line', async () => {
  const { endpoints } = await site.status();
  const first = await site.run('curl', ['-fsS', `${endpoints.control}/boot.ipxe`]);
  expect(first.stdout).toMatch(/^#!ipxe\n/);
  expect(first.stdout).toMatch(/mac=\$\{mac:hexhyp\}/);
  const mac = await machineMac();
  const own = await site.run('curl', ['-fsS', `${endpoints.control}/ipxe?mac=${mac}`]);
  const url = /cloud-config-url=(\S+)/.exec(own.stdout)?.[1] ?? '';
  const userData = await site.run('curl', ['-fsS', url]);
  const address = machine(await site.status(), 'core-01').privateIp;
  expect(userData.stdout).toMatch(/^#cloud-config\n/);
  expect(userData.stdout).toContain(`advertise-client-urls: http://${address}:2379`);
  expect(userData.stdout).toContain(`public-ip: "${address}"`);
});

test('fleet manages applications: the README’s, one on each machine, by name in the tree that fleet had', async () => {
  await cp(join(examples, 'units'), join(site.folder, 'examples/units'), { recursive: true });
  const started = await site.muster('unit', 'start', 'examples/units/web@{1..3}.service');
  expect(started).toMatchObject({ code: 0 });
  const answers = await Promise.all(
    (await site.status()).machines.map(async ({ name, privateIp }) => {
      const patient = ['-fsS', '--retry', '20', '--retry-connrefused', '--retry-delay', '1'];
      const { stdout } = await site.run('curl', [...patient, `http://${privateIp}:8080`]);
      expect(stdout).toMatch(new RegExp(`^web [123] on ${name}`));
      return stdout.split(' ')[1];
    }),
  );
  expect(answers.toSorted()).toEqual(['1', '2', '3']);
  const keys = (await site.muster('ls', '--recursive', '/_coreos.com/fleet/job')).stdout;
  for (const at of answers) expect(keys).toContain(`/_coreos.com/fleet/job/web@${at}.service/object\n`);
  expect(await site.muster('unit', 'destroy', 'web@{1..3}.service')).toMatchObject({ code: 0 });
});

test('further customization: files and keys, after a reboot', async () => {
  const basic = await readFile(join(articleFiles, 'basic.yaml'), 'utf8');
  const further = await readFile(join(articleFiles, 'customization.yaml'), 'utf8');
  await site.write('user-data', basic + further.replace(/^#cloud-config\n/, ''));
  expect((await site.muster('up')).code).toBe(0);
  expect((await site.muster('reboot', 'core-01')).code).toBe(0);
  const root = (await site.muster('ssh', 'core-01', '--', 'echo $MUSTER_ROOT')).stdout.trim();
  expect(await readFile(join(root, 'etc/hosts'), 'utf8')).toBe('192.168.2.21 host.on.private.net\n');
  expect((await stat(join(root, 'etc/hosts'))).mode & 0o777).toBe(0o644);
  expect(await readFile(join(root, 'home/core/.ssh/authorized_keys'), 'utf8')).toContain(
    'ssh-rsa AAAAB3NzaC1yc2E',
  );
  expect(machine(await site.status(), 'core-01').problems).toEqual([]);
});

async function machineMac(): Promise<string> {
  const log = await site.muster('logs', 'core-01');
  const mac = /(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}/.exec(log.stdout)?.[0];
  if (mac === undefined) throw new Error(`no MAC address on the console: ${log.stdout}`);
  return mac.replaceAll(':', '-');
}
