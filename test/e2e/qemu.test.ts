// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/status/index.js';
import { kill, machine, openSite, untilStatus } from './harness.js';

/** Emulated machines on few cores, with other tests beside them. */
const bootLimit = ['--timeout', '600'];

// The article's user-data, with the variables that the machine's boot script fills in.
const userData = `#cloud-config
---
coreos:
  etcd2:
    discovery: https://discovery.etcd.io/6a28e078895c5ec737174db2419bb2f3
    advertise-client-urls: http://$private_ipv4:2379
    initial-advertise-peer-urls: http://$private_ipv4:2380
    listen-client-urls: http://0.0.0.0:2379
    listen-peer-urls: http://$private_ipv4:2380
  fleet:
    public-ip: "$public_ipv4"
  units:
  - name: etcd2.service
    command: start
  - name: fleet.service
    command: start
write_files:
- path: "/etc/hosts"
  permissions: '0644'
  owner: root
  content: |
    192.168.2.21 host.on.private.net
`;

// What the control process places on a machine.
const unit = `[Service]
ExecStart=/bin/sh -c 'echo hello from %H; exec sleep infinity'
[X-Fleet]
Conflicts=never@*.service
`;

test('three machines with no disk are a cluster from power-on, and one whose power is cut is a voter again', async () => {
  const images = process.env.MUSTER_IMAGES ?? '';
  expect(existsSync(join(images, 'default/image.json')), 'an image: `node scripts/image.mjs` makes it').toBe(
    true,
  );
  await using site = await openSite();
  await site.write(
    'cluster.yaml',
    [
      'name: vm',
      'provider: {name: qemu, memory: 768M}',
      'image: default',
      'store: etcd',
      'machines: 3',
      'userData: user-data',
      '',
    ].join('\n'),
  );
  await site.write('user-data', userData);
  await site.write('hello.service', unit);
  const on = (name: string, command: string) => site.muster('ssh', name, '--', command);

  const up = await site.muster('up', ...bootLimit);
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const before = await site.status();
  expect(before.store).toMatchObject({
    state: 'ok',
    members: ['core-01', 'core-02', 'core-03'].map((name) => expect.objectContaining({ machine: name })),
  });
  expect(before.machines.map(({ state }) => state)).toEqual(['joined', 'joined', 'joined']);

  // As the image's systemd and etcd see it; etcdctl needs no word of where the store is.
  const put = await on(
    'core-01',
    'hostname; cat /etc/machine-id; systemctl is-active etcd2.service; ETCDCTL_API=3 etcdctl --command-timeout=60s put /before reboot',
  );
  expect(put.stdout.split('\n'), put.stderr).toEqual([
    'core-01.muster.internal',
    machine(before, 'core-01').id,
    'active',
    'OK',
    '',
  ]);
  // As the article's iPXE script has it.
  expect((await on('core-01', 'cat /proc/cmdline')).stdout).toMatch(/ cloud-config-url=http:\S+\?mac=/);
  const failed = await on('core-01', 'systemctl list-units --failed --no-legend --plain');
  expect(failed).toMatchObject({ code: 0, stdout: '' });

  // Nothing is left of what it had: its power goes, and with it its memory.
  const member = memberOf(before, 'core-02');
  const [victim] = (await site.processes()).filter(({ command }) => / -name core-02 /.test(command));
  kill(victim?.pid ?? 0, 'SIGKILL');
  await untilStatus(site, (status) => machine(status, 'core-02').state !== 'joined');
  const reboot = await site.muster('up', 'core-02', ...bootLimit);
  expect(reboot, reboot.stderr).toMatchObject({ code: 0 });
  const after = await untilStatus(site, ({ store }) => store?.state === 'ok', AbortSignal.timeout(120_000));
  expect(memberOf(after, 'core-02')).toMatchObject({ state: expect.stringMatching(/^(voter|leader)$/) });
  expect(memberOf(after, 'core-02').id).not.toBe(member.id);
  expect(machine(after, 'core-02').id).toBe(machine(before, 'core-02').id);

  const started = await site.muster('unit', 'start', 'hello.service');
  expect(started, started.stderr).toMatchObject({ code: 0 });
  const [hello] = JSON.parse((await site.muster('unit', 'list', '-o', 'json')).stdout);
  expect(hello).toMatchObject({ name: 'hello.service', active: 'active', sub: 'running' });
  const said = await site.muster('logs', hello.machine.name, '--unit', 'hello.service');
  expect(said.stdout, said.stderr).toContain(`hello from ${hello.machine.name}`);
  const read = await on(
    'core-02',
    'ETCDCTL_API=3 etcdctl --command-timeout=60s get /before --print-value-only',
  );
  expect(read, read.stderr).toMatchObject({ stdout: 'reboot\n' });

  expect(await site.muster('destroy', '--yes')).toMatchObject({ code: 0 });
  expect(await site.processes()).toEqual([]);
}, 1_500_000);

function memberOf({ store }: ClusterStatus, name: string) {
  const found = store?.members.find((one) => one.machine === name);
  if (found === undefined) throw new Error(`${name} is no member`);
  return found;
}
