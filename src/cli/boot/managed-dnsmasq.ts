// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type BootPlan, decodeOffer, encodeDiscover, findMachine, parseDhcpLog } from '../../boot/index.js';
import { type AskDhcp, type Exec, type Log, realClock, realFiles } from '../../effects/index.js';
import { fail } from '../errors.js';
import { findDhcpNetwork } from './dhcp-network.js';
import {
  type DhcpMode,
  type DnsmasqOptions,
  renderDnsmasqConfig,
  renderDnsmasqHosts,
} from './dnsmasq-config.js';
import { placeIpxeFiles } from './ipxe-files.js';

export interface ManagedDhcpDeps {
  readonly exec: Exec;
  readonly askDhcp: AskDhcp;
  readonly log: Log;
  /** The plan now; machines that it names get their addresses. */
  readonly plan: () => BootPlan | undefined;
  readonly onSeen: (machine: string) => void;
}

export interface ManagedDhcp {
  /** Of the configuration that it runs with. */
  readonly configFile: string;
  /** Resolves once `signal` fired and it has ended; throws `cli/dnsmasq-ended` when it ends by itself. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Writes the configuration of a dnsmasq that brings machines to the boot server, and starts it.
 *
 * @param folder its own; made when it is not there
 * @throws `cli/no-dnsmasq`, `cli/no-ipxe`, `cli/no-dhcp-network`
 */
export async function startManagedDhcp(
  deps: ManagedDhcpDeps,
  mode: DhcpMode,
  controlUrl: string,
  folder: string,
  more: Pick<DnsmasqOptions, 'domain' | 'pool'>,
): Promise<ManagedDhcp> {
  const { exec, log } = deps;
  const program = findProgram('dnsmasq');
  if (program === undefined) throw fail('cli/no-dnsmasq');
  const network = findDhcpNetwork(new URL(controlUrl).hostname);
  const tags = await placeIpxeFiles(join(folder, 'tftp'));
  if (!tags.includes('arm64'))
    log.info('no iPXE for arm64 here: Debian has it from 13 on', { tags: tags.join(' ') });
  const options: DnsmasqOptions = { mode, network, controlUrl, tags, folder, ...more };
  const configFile = join(folder, 'dnsmasq.conf');
  const hostsFile = join(folder, 'dnsmasq.hosts');
  await realFiles.write(configFile, renderDnsmasqConfig(options), { mode: 0o644 });
  const hosts = { text: renderDnsmasqHosts(deps.plan()?.machines ?? []) };
  await realFiles.write(hostsFile, hosts.text, { mode: 0o644 });
  const last = { line: '' };
  // It would change to a user that may read none of the cluster's files.
  const args = ['--keep-in-foreground', `--conf-file=${configFile}`, '--log-facility=-', '--user=root'];
  const onLine = (line: string) => {
    last.line = line;
    const seen = parseDhcpLog(line);
    const plan = deps.plan();
    const machine = seen && plan && findMachine(plan, { mac: seen.mac });
    if (machine !== undefined) deps.onSeen(machine.name);
    else if (/failed|error|cannot/i.test(line) && !isAskForSize(line)) log.warn('dnsmasq', { line });
  };
  await endLeftOver(exec, folder);
  const env = { PATH: process.env.PATH ?? '', [marker]: folder };
  const child = await exec.spawn(program, args, { env, onLine });
  log.info('DHCP is served', { mode, interface: network.interface, config: configFile });
  return {
    configFile,
    async run(signal) {
      const ended = new AbortController();
      const until = AbortSignal.any([signal, ended.signal]);
      const stop = () => child.kill('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const exited = child.exited.then(() => ended.abort());
      const follow = async () => {
        while (!until.aborted) {
          await realClock.sleep(hostsEveryMs, until);
          const text = renderDnsmasqHosts(deps.plan()?.machines ?? []);
          if (text === hosts.text || until.aborted) continue;
          hosts.text = text;
          await realFiles.write(hostsFile, text, { mode: 0o644 });
          child.kill('SIGHUP');
        }
      };
      await Promise.all([exited, follow(), watchOthers(deps, network.address, mode, until)]);
      if (!signal.aborted) throw fail('cli/dnsmasq-ended', { why: last.line || 'without a word' });
    },
  };
}

/** By this variable the process is known. */
const marker = 'MUSTER_DHCP';

/**
 * Of a control process that was killed: dnsmasq changes its privileges, and so the kernel does not end it with its parent.
 * Two would answer, each as it was told at its time.
 */
async function endLeftOver(exec: Exec, folder: string): Promise<void> {
  const running = await exec.findByEnvironment(marker, folder);
  await Promise.all(running.map((one) => exec.signal(one, 'SIGKILL')));
}

const hostsEveryMs = 2_000;
const askEveryMs = 300_000;
/** Servers look first whether somebody has the address that they are about to offer: dnsmasq takes three seconds. */
const answersMs = 6_000;

/** Asks now and then who else gives addresses: with `full` nobody may, with `proxy` exactly one should. */
async function watchOthers(
  { askDhcp, log }: ManagedDhcpDeps,
  address: string,
  mode: DhcpMode,
  signal: AbortSignal,
): Promise<void> {
  const told = { text: '' };
  while (!signal.aborted) {
    const found = await findDhcpServers(askDhcp, address).catch((error: unknown) => {
      log.warn('cannot look for other DHCP servers', { why: String(error) });
      return undefined;
    });
    const others = found?.filter(({ server }) => server !== address);
    if (others !== undefined && !signal.aborted) {
      const text = others
        .map(({ server, domain }) => (domain === '' ? server : `${server} (${domain})`))
        .join(', ');
      if (text !== told.text || told.text === '') tellOthers(log, mode, others.length, text);
      told.text = text === '' ? 'nobody' : text;
    }
    await realClock.sleep(askEveryMs, signal);
  }
}

function tellOthers(log: Log, mode: DhcpMode, count: number, servers: string): void {
  if (mode === 'full' && count > 0)
    log.warn('another DHCP server gives addresses on this network: use --dhcp proxy, or end it', { servers });
  if (mode === 'proxy' && count === 0)
    log.warn('no DHCP server gives addresses on this network: use --dhcp full', {});
  if (mode === 'proxy' && count > 1)
    log.warn('several DHCP servers give addresses on this network', { servers });
}

/** Every DHCP server that offers an address on the network of this one. */
export async function findDhcpServers(askDhcp: AskDhcp, address: string) {
  const random = randomBytes(10);
  const xid = random.readUInt32BE(0);
  // Locally administered, of nobody.
  const mac = Buffer.from([0x02, ...random.subarray(4, 9)]);
  const packets = await askDhcp(address, encodeDiscover(xid, mac), answersMs);
  const offers = packets.map((packet) => decodeOffer(packet, xid)).filter((offer) => offer !== undefined);
  return [...new Map(offers.map((offer) => [offer.server, offer])).values()];
}

/** UEFI firmware begins a file, learns its size, and gives up; then it asks for the file. */
function isAskForSize(line: string): boolean {
  return /dnsmasq-tftp\S* error [08] .* received from /.test(line);
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
