// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Exec, Files } from '../../effects/index.js';
import { fail } from '../errors.js';
import { type Ipv4Block, renderBlock, sizeOf } from '../network/ipv4-block.js';
import { bridge } from '../network/links/names.js';
import type { ProviderDeps } from '../provider.js';

// A bridge in a namespace has nobody to answer DHCP but muster. One dnsmasq for the whole cluster does it, which outlives
// the control process as the machines do, and reads of each machine when that is powered on.

export interface DhcpOptions {
  readonly folder: string;
  readonly namespace: string;
  readonly block: Ipv4Block;
  readonly control: string;
  readonly bootUrl: string;
}

/** By this variable the process is known. */
const marker = 'MUSTER_MACHINE';
const lookAgainMs = 20;
const startLimitMs = 5_000;

function placesIn(folder: string) {
  const place = join(folder, 'dhcp');
  return { place, hosts: join(place, 'hosts'), config: join(place, 'dnsmasq.conf'), log: join(place, 'log') };
}

/** Pure. Hosts that are not known get no address. Source: dnsmasq(8), 2.90. */
export function renderDhcpConfig({ folder, block, control, bootUrl }: DhcpOptions): string {
  const { place, hosts } = placesIn(folder);
  const [base = ''] = renderBlock(block).split('/');
  return `${[
    'port=0',
    'keep-in-foreground',
    'log-facility=-',
    'user=root',
    `interface=${bridge}`,
    'bind-interfaces',
    'dhcp-authoritative',
    'no-ping',
    `dhcp-range=${base},static,${maskOf(block)},1h`,
    `dhcp-hostsdir=${hosts}`,
    `dhcp-leasefile=${join(place, 'leases')}`,
    `dhcp-option=option:router,${control}`,
    `dhcp-option=option:dns-server,${control}`,
    `dhcp-boot=${bootUrl}`,
  ].join('\n')}\n`;
}

function maskOf({ prefix }: Ipv4Block): string {
  const mask = 2 ** 32 - sizeOf({ prefix });
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join('.');
}

/** Starts it; nothing happens when it runs. @throws `providers/no-dnsmasq` */
export async function raiseDhcp(
  { clock, exec, files, environment }: Pick<ProviderDeps, 'clock' | 'exec' | 'files' | 'environment'>,
  options: DhcpOptions,
): Promise<void> {
  const { place, hosts, config, log } = placesIn(options.folder);
  if ((await exec.findByEnvironment(marker, place)).length > 0) return;
  await files.makeFolder(hosts, 0o700);
  await files.write(config, renderDhcpConfig(options));
  await files.remove(log);
  const child = await exec
    .spawn('ip', ['netns', 'exec', options.namespace, 'dnsmasq', `--conf-file=${config}`], {
      cwd: place,
      env: { ...environment, PATH: `${environment.PATH ?? ''}:/usr/sbin:/sbin`, [marker]: place },
      logFile: log,
      isDetached: true,
    })
    .catch((error: unknown) => {
      throw fail('providers/no-dnsmasq', { why: String(error) }, error);
    });
  const ended: { is: boolean } = { is: false };
  void child.exited.then(() => {
    ended.is = true;
  });
  const end = clock.monotonic() + startLimitMs;
  while (!((await files.readText(log)) ?? '').includes('started')) {
    if (ended.is || clock.monotonic() >= end) {
      child.kill('SIGKILL');
      const why = ((await files.readText(log)) ?? '').trim().split('\n').at(-1) || 'it does not start';
      throw fail('providers/no-dnsmasq', { why });
    }
    await clock.sleep(lookAgainMs);
  }
}

/** Ends it. Nothing happens when there is none. */
export async function lowerDhcp(
  { exec, files }: { readonly exec: Exec; readonly files: Files },
  folder: string,
): Promise<void> {
  const { place } = placesIn(folder);
  if ((await files.stat(place)) === undefined) return;
  const running = await exec.findByEnvironment(marker, place);
  await Promise.all(running.map((one) => exec.signal(one, 'SIGKILL')));
  await files.remove(place);
}

/** The machine gets this address from now on. */
export async function introduceHost(
  files: Files,
  folder: string,
  { name, mac, address }: { readonly name: string; readonly mac: string; readonly address: string },
): Promise<void> {
  const { hosts } = placesIn(folder);
  await files.makeFolder(hosts, 0o700);
  await files.write(join(hosts, name), `${mac},${address},${name},infinite\n`);
}
