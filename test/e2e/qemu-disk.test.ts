// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { kill, machine, openSite, untilStatus } from './harness.js';

/** An emulated machine on few cores, with other tests beside it. */
const bootLimit = ['--timeout', '600'];

test('a machine with a disk, on a bridge where DHCP tells it what to boot, is the same member after a power cut', async () => {
  await using site = await openSite();
  await site.write(
    'cluster.yaml',
    [
      'name: disk',
      'provider: {name: qemu, memory: 768M, network: bridge, disk: 1G}',
      'image: default',
      'store: etcd',
      'machines: 1',
      '',
    ].join('\n'),
  );
  const etcdctl = async (...words: readonly string[]) => {
    const line = `ETCDCTL_API=3 etcdctl --command-timeout=60s ${words.join(' ')}`;
    return site.muster('ssh', 'core-01', '--', line);
  };
  const up = await site.muster('up', ...bootLimit);
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const before = await site.status();
  expect(machine(before, 'core-01')).toMatchObject({ state: 'joined', privateIp: '10.77.0.101' });
  expect(Object.keys(machine(before, 'core-01').boot?.times ?? {})).toEqual([
    ...['script', 'kernel', 'initrd', 'user-data'],
    ...['agent', 'joined'],
  ]);
  expect(await etcdctl('put', '/before', 'cut')).toMatchObject({ code: 0, stdout: 'OK\n' });

  const [qemu] = (await site.processes()).filter(({ command }) => / -name core-01 /.test(command));
  kill(qemu?.pid ?? 0, 'SIGKILL');
  await untilStatus(site, (status) => machine(status, 'core-01').state !== 'joined');
  const again = await site.muster('up', 'core-01', ...bootLimit);
  expect(again, again.stderr).toMatchObject({ code: 0 });
  const after = await untilStatus(site, ({ store }) => store?.state === 'ok', AbortSignal.timeout(120_000));
  expect(after.store).toMatchObject({
    clusterId: before.store?.clusterId,
    members: [{ machine: 'core-01', id: before.store?.members[0]?.id, state: 'voter' }],
  });
  expect(await etcdctl('get', '/before', '--print-value-only')).toMatchObject({ stdout: 'cut\n' });
  // The journal of the machine, by its own network.
  expect((await site.muster('logs', 'core-01', '--unit', 'etcd2.service')).stdout).toContain('etcd');

  expect(await site.muster('destroy', '--yes')).toMatchObject({ code: 0 });
  expect(await site.processes()).toEqual([]);
  expect((await site.run('ip', ['netns', 'list'])).stdout).not.toContain('muster-disk-');
}, 900_000);
