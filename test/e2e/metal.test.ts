// SPDX-License-Identifier: Apache-2.0

import { chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { machine, openSite, type Site, untilStatus } from './harness.js';

const control = '127.88.9.1';
const macs = ['52:54:00:aa:00:01', '52:54:00:aa:00:02'];

test('machines that somebody else made: on, rebooted, off, all by the operator’s own command', {
  timeout: 180_000,
}, async () => {
  await using site = await openSite();
  const power = await buildRack(site);
  await site.write(
    'cluster.yaml',
    [
      'provider:',
      '  name: metal',
      `  address: ${control}`,
      `  power: [${power}, '{action}', '{name}', '{mac}', '{uuid}']`,
      'image: {kernel: ./kernel, initrd: [./initrd]}',
      'machines:',
      ...macs.map(
        (mac, at) => `  - {name: rack-${at + 1}, mac: '${mac}', privateIpv4: 127.88.9.10${at + 1}}`,
      ),
      '',
    ].join('\n'),
  );
  const up = await site.muster('up', '--timeout', '60');
  expect(up, up.stderr).toMatchObject({ code: 0 });
  const before = machine(await site.status(), 'rack-1');
  expect(before).toMatchObject({ state: 'joined', privateIp: '127.88.9.101' });
  // As if it had crashed: the switch says that it has no power.
  await site.run(power, ['off', 'rack-2']);
  await untilStatus(site, (status) => machine(status, 'rack-2').state !== 'joined');
  const again = await site.muster('up', 'rack-2', '--timeout', '60');
  expect(again, again.stderr).toMatchObject({ code: 0 });
  const reboot = await site.muster('reboot', 'rack-1', '--timeout', '60');
  expect(reboot, reboot.stderr).toMatchObject({ code: 0 });
  expect(machine(await site.status(), 'rack-1')).toMatchObject({ id: before.id, state: 'joined' });
  expect((await site.muster('down')).code).toBe(0);
  for (const name of ['rack-1', 'rack-2']) {
    expect((await site.run(power, ['status', name])).stdout).toBe('off\n');
  }
  const calls = (await site.run('cat', ['rack/calls'])).stdout.trim().split('\n');
  expect(calls).toEqual(
    expect.arrayContaining([`on rack-1 ${macs[0]}`, `off rack-1 ${macs[0]}`, `on rack-2 ${macs[1]}`]),
  );
});

test('a power command that fails is told, with what it said', { timeout: 60_000 }, async () => {
  await using site = await openSite();
  await site.write(
    'cluster.yaml',
    [
      'provider: {name: metal, address: 127.88.9.2, power: [/bin/ls, "/no/such/{action}"]}',
      'machines: [{name: rack-1, mac: "52:54:00:aa:00:01", privateIpv4: 127.88.9.110}]',
      '',
    ].join('\n'),
  );
  const up = await site.muster('up', '--timeout', '30');
  expect(up, up.stderr).toMatchObject({ code: 1 });
  expect(up.stderr).toMatch(/rack-1 did not join: .*cannot switch "rack-1" on: .*\/no\/such\/on/);
});

test('where machines are is asked for before anything begins', async () => {
  await using site = await openSite();
  await site.write('cluster.yaml', 'provider: {name: metal, address: 127.88.9.3}\nmachines: [{name: a}]\n');
  const up = await site.muster('up');
  expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('[cli/no-address]') });
  expect(await site.processes()).toEqual([]);
});

/**
 * A switch and what it switches: machines that know nothing of muster but where their firmware boots from. Each fetches its
 * script, takes the kernel's command line, and runs the agent as the image's kernel would. Returns the switch.
 */
async function buildRack(site: Site): Promise<string> {
  await site.write('kernel', 'of the image');
  await site.write('initrd', 'of the image');
  const file = join(site.folder, 'power');
  await site.write(
    'power',
    [
      '#!/bin/bash',
      `action=$1 name=$2 mac=$3 uuid=$4 rack=${site.folder}/rack`,
      'mkdir -p "$rack"; here=$rack/$name',
      '[ "$action" = status ] || echo "$action $name $mac" >> "$rack/calls"',
      'alive() { [ -e "$here.pid" ] && kill -0 "$(cat "$here.pid")" 2> /dev/null; }',
      'case $action in',
      'status) if alive; then echo on; else echo off; fi ;;',
      'off)',
      '  alive || exit 0',
      '  kill -TERM -- "-$(cat "$here.pid")"',
      '  while alive; do sleep 0.05; done ;;',
      'on)',
      '  alive && exit 0',
      '  rm -rf "$here"; mkdir "$here"',
      '  setsid "$0" boot "$name" "$mac" "$uuid" > "$here.log" 2>&1 < /dev/null &',
      '  echo $! > "$here.pid" ;;',
      'boot)',
      `  script=$(curl -fsS --retry 100 --retry-delay 1 --retry-all-errors "http://${control}:7979/ipxe?mac=\${mac//:/-}&uuid=$uuid")`,
      '  arguments=$(sed -n "s/^kernel [^ ]* \\(.*\\) || goto retry$/\\1/p" <<< "$script")',
      `  exec ${resolve('bin/muster')} agent --root "$here" --command-line "$arguments" ;;`,
      'esac',
      '',
    ].join('\n'),
  );
  await chmod(file, 0o755);
  return file;
}
