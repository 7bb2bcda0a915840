// SPDX-License-Identifier: Apache-2.0

import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeRealModeKernel, ranExitCode } from '../component/real-mode-kernel.js';
import { type Hall, openHall, unpacked } from './hall.js';
import { kill, machine } from './harness.js';

const images = process.env.MUSTER_IMAGES ?? resolve('.cache/images');
const macs = ['52:54:00:aa:00:01', '52:54:00:aa:00:02', '52:54:00:aa:00:03'];
const [firstMac = '', secondMac = ''] = macs;

async function writeCluster({ site, address }: Hall): Promise<void> {
  const machines = macs.map(
    (mac, at) => `  - {name: core-0${at + 1}, mac: '${mac}', privateIpv4: 10.99.0.1${at + 1}}`,
  );
  const image = 'image: {kernel: ./kernel, initrd: [./initrd], args: [console=ttyS0]}';
  const text = ['provider:', '  name: metal', `  address: ${address}`, image, 'machines:', ...machines, ''];
  await site.write('cluster.yaml', text.join('\n'));
  await site.write('initrd', 'i'.repeat(3_000_000));
}

/** What a machine of this architecture is told by DHCP, and the file that it then gets by TFTP. */
async function askAs(hall: Hall, mac: string, architecture: string) {
  const [command = '', ...words] = await hall.plug(mac);
  const take = join(hall.site.folder, 'take');
  await hall.site.write(
    'take',
    [
      '#!/bin/sh',
      '[ "$1" = bound ] || exit 0',
      'ip addr add "$ip/24" dev "$interface"',
      'echo "told $ip $siaddr $bootfile $domain"',
      `busybox tftp -g -r "$bootfile" -l ${hall.site.folder}/$bootfile "$siaddr"`,
      '',
    ].join('\n'),
  );
  await chmod(take, 0o755);
  const once = ['-f', '-q', '-n', '-i', 'eth0', '-t', '5', '-s', take];
  const asked = ['-O', 'bootfile', '-x', `93:${architecture}`];
  const { stdout, stderr } = await hall.site.run(command, [...words, 'busybox', 'udhcpc', ...once, ...asked]);
  const [, ip, server, file = '', domain] = /told (\S+) (\S+) (\S+) (\S+)/.exec(stdout) ?? [];
  if (ip === undefined) throw new Error(`no address for ${mac}: ${stderr}`);
  return { ip, server, file, domain, bytes: await readFile(join(hall.site.folder, file)) };
}

/** A DHCP server that knows nothing of muster, as a network has one. */
async function startOther(hall: Hall): Promise<void> {
  const [command = '', ...words] = await hall.plug('52:54:00:bb:00:01', '10.99.0.254');
  const how = ['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root', '--pid-file='];
  const what = ['--dhcp-range=10.99.0.20,10.99.0.40,1h', '--dhcp-authoritative', '--no-ping', '--domain=lan'];
  const where = ['--interface=eth0', '--log-facility=-', `--dhcp-leasefile=${hall.site.folder}/leases`];
  const other = hall.site.launch(command, [...words, 'dnsmasq', ...how, ...what, ...where]);
  await other.saw('IP range');
}

describe.skipIf(process.getuid?.() !== 0)('on a wire of its own', () => {
  test('muster gives addresses and iPXE to BIOS, UEFI and arm64, and a UEFI machine boots by it', {
    timeout: 180_000,
  }, async ({ signal }) => {
    await using hall = await openHall(signal);
    await writeCluster(hall);
    await copyFile(join(images, 'default/kernel'), join(hall.site.folder, 'kernel'));
    const control = await hall.serve('--dhcp', 'full');
    // From the first second on, and not only once the registry has been read.
    const hosts = await readFile(join(hall.site.folder, '.muster/dhcp/dnsmasq.hosts'), 'utf8');
    expect(hosts.split('\n')).toContain(`${firstMac},10.99.0.11,core-01`);
    const kinds = [
      ['0000', 'undionly.kpxe'],
      ['0007', 'ipxe.efi'],
      ['000b', 'ipxe-arm64.efi'],
    ] as const;
    for (const [at, [architecture, file]] of kinds.entries()) {
      const { bytes, ...rest } = await askAs(hall, macs[at] ?? '', architecture);
      expect(rest).toEqual({
        ip: `10.99.0.1${at + 1}`,
        server: hall.address,
        file,
        domain: 'muster.internal',
      });
      expect(bytes.equals(await readFile(join(unpacked, 'lib/ipxe', file)))).toBe(true);
    }
    // Of nobody: from the upper half of the network.
    const stranger = await askAs(hall, '52:54:00:cc:00:01', '0009');
    expect(Number(stranger.ip.split('.')[3])).toBeGreaterThanOrEqual(128);
    expect(stranger.file).toBe('ipxe.efi');
    // A control process that is killed leaves its dnsmasq; the next one ends that, and goes on.
    kill(control.pid, 'SIGKILL');
    await control.done;
    await hall.serve('--dhcp', 'full');
    const servers = (await hall.site.processes()).filter(({ command }) => command.includes('dnsmasq.conf'));
    expect(servers).toHaveLength(1);
    await copyFile(join(unpacked, 'share/OVMF/OVMF_VARS_4M.fd'), join(hall.site.folder, 'vars.fd'));
    const flash = (file: string, more = '') => ['-drive', `if=pflash,format=raw,file=${file}${more}`];
    await hall.powerOn(secondMac, [
      // Without a source of randomness this firmware has no network.
      ',romfile=,bootindex=1',
      ...['-device', 'virtio-rng-pci', '-machine', 'q35', '-m', '512'],
      ...flash(join(unpacked, 'share/OVMF/OVMF_CODE_4M.fd'), ',readonly=on'),
      ...flash(join(hall.site.folder, 'vars.fd')),
    ]);
    const isLoaded = (status: Parameters<Parameters<Hall['until']>[0]>[0]) =>
      machine(status, 'core-02').boot?.bytes === 3_000_000;
    const { boot } = machine(await hall.until(isLoaded), 'core-02');
    expect(boot).toMatchObject({ stage: 'initrd', total: 3_000_000 });
    expect(Object.keys(boot?.times ?? {})).toEqual(['dhcp', 'script', 'kernel', 'initrd']);
  });

  test('beside the network’s own DHCP server muster adds what to boot, and names that server where it should not be', {
    timeout: 120_000,
  }, async ({ signal }) => {
    await using hall = await openHall(signal);
    await writeCluster(hall);
    await writeFile(join(hall.site.folder, 'kernel'), makeRealModeKernel(300_000));
    await startOther(hall);
    const control = await hall.serve('--dhcp', 'proxy');
    const machineRuns = await hall.powerOn(firstMac, [
      '',
      ...['-machine', 'pc', '-m', '128', '-boot', 'n', '-device', 'isa-debug-exit,iobase=0x501,iosize=2'],
    ]);
    const ended = await machineRuns.done;
    expect(ended.stdout).toContain('console=ttyS0 cloud-config-url=http://10.99.0.1:7979/user-data?');
    expect(ended.code).toBe(ranExitCode);
    const leases = await readFile(join(hall.site.folder, 'leases'), 'utf8');
    expect(leases).toMatch(new RegExp(`${firstMac} 10\\.99\\.0\\.(2\\d|3\\d|40) `));
    const { boot } = machine(await hall.until(() => true), 'core-01');
    expect(boot).toMatchObject({ stage: 'initrd', bytes: 3_000_000, profile: 'default' });
    kill(control.pid, 'SIGTERM');
    const proxied = await control.done;
    // One server that gives addresses is what a proxy stands beside.
    expect(proxied.stdout).not.toContain('"level":40');
    const full = await hall.serve('--dhcp', 'full');
    await full.saw('another DHCP server gives addresses');
    kill(full.pid, 'SIGTERM');
    expect((await full.done).stdout).toContain('"servers":"10.99.0.254 (lan)"');
  });
});
