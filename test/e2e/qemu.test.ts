// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSite } from './harness.js';

/** Emulated machines on few cores, with other tests beside them. */
const bootLimit = ['--timeout', '600'];

test('virtual machines boot the image over the network, are a cluster, and come back with nothing on a disk', async () => {
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
      'machines:',
      '  - {name: core-01}',
      '  - {name: core-02, role: proxy}',
      'userData:',
      '  coreos:',
      '    units:',
      '      - {name: etcd2.service, command: start}',
      '      - name: hello.service',
      '        command: start',
      '        content: |',
      '          [Service]',
      '          ExecStart=/usr/bin/sleep infinity',
      '',
    ].join('\n'),
  );
  const on = (name: string, command: string) => site.muster('ssh', name, '--', command);

  const up = await site.muster('up', ...bootLimit);
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const { machines, store } = await site.status();
  expect(machines.map(({ state }) => state)).toEqual(['joined', 'joined']);
  expect(store).toMatchObject({ state: 'ok', members: [{ machine: 'core-01', state: 'voter' }] });

  // As systemd and etcd of the image see it.
  const seen = await on(
    'core-01',
    'hostname; cat /etc/machine-id; systemctl is-active hello.service etcd2.service',
  );
  expect(seen.stdout.split('\n'), seen.stderr).toEqual([
    'core-01.muster.internal',
    machines[0]?.id,
    'active',
    'active',
    '',
  ]);
  expect(await on('core-01', 'systemctl list-units --failed --no-legend --plain')).toMatchObject({
    stdout: '',
  });
  const ctl = (index: number) =>
    `ETCDCTL_API=3 etcdctl --endpoints http://${machines[index]?.privateIp}:2379`;
  const put = await on('core-01', `${ctl(0)} put before reboot`);
  expect(put, put.stderr).toMatchObject({ code: 0, stdout: 'OK\n' });
  expect((await site.muster('logs', 'core-01')).stdout).toContain('Multi-User System');

  // Through the forwarder of the other one, over the network between the two.
  const read = `${ctl(1)} get before --print-value-only; cat /proc/sys/kernel/random/boot_id`;
  const before = (await on('core-02', read)).stdout.split('\n');
  expect(before[0]).toBe('reboot');

  const reboot = await site.muster('reboot', 'core-02', ...bootLimit);
  expect(reboot, reboot.stderr).toMatchObject({ code: 0 });
  const after = (await on('core-02', read)).stdout.split('\n');
  expect(after[0]).toBe('reboot');
  expect(after[1]).not.toBe(before[1]);

  expect(await site.muster('destroy', '--yes')).toMatchObject({ code: 0 });
  expect(await site.processes()).toEqual([]);
}, 1_500_000);
