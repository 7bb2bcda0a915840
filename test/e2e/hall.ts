// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { ClusterStatus } from '../../src/status/index.js';
import { kill, openSite, type Result, type Running, type Site, untilStatus } from './harness.js';

const program = resolve('bin/muster');
/** Where scripts/qemu.mjs unpacks iPXE for every firmware, and UEFI. */
export const unpacked = resolve('.cache/qemu/root/usr');

/** One wire in namespaces of its own, with the control process of a cluster on it, and whoever else is plugged in. */
export interface Hall extends AsyncDisposable {
  readonly site: Site;
  /** Of the control process on the wire; `10.99.0.0/24` is its network. */
  readonly address: string;
  /** Starts the control process, to where it is ready. */
  serve(...flags: readonly string[]): Promise<Running>;
  /** Another computer on the wire: the words before a command that is to run there, on its interface `eth0`. */
  plug(mac: string, address?: string): Promise<readonly string[]>;
  /** A virtual machine on the wire that boots from it; ends with the hall. */
  powerOn(mac: string, args: readonly string[]): Promise<Running>;
  until(fits: (status: ClusterStatus) => boolean): Promise<ClusterStatus>;
}

/** @param signal of the test: when its time is up, all that runs in the hall ends, and with it every wait */
export async function openHall(signal: AbortSignal): Promise<Hall> {
  const site = await openSite();
  const name = `mu-${randomBytes(4).toString('hex')}`;
  const namespaces: string[] = [];
  const started: Running[] = [];
  const state = { ports: 0 };
  const stop = () => {
    for (const { pid } of started) kill(pid, 'SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  const run = async (command: string, args: readonly string[]): Promise<Result> => {
    const ran = await site.run(command, args);
    if (ran.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${ran.stderr}`);
    return ran;
  };
  const ip = (...words: readonly string[]) => run('ip', words);
  const addNamespace = async (namespace: string) => {
    await ip('netns', 'add', namespace);
    namespaces.push(namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  };
  const inside = ['netns', 'exec', name];
  const launch = (...words: readonly string[]) => {
    const running = site.launch('ip', [...inside, ...words]);
    started.push(running);
    return running;
  };
  const hall: Hall = {
    site,
    address: '10.99.0.1',
    async serve(...flags) {
      const running = launch('env', `MUSTER_IPXE=${unpacked}/lib/ipxe`, program, 'serve', ...flags);
      await running.saw('"msg":"ready"');
      return running;
    },
    async plug(mac, address) {
      const port = `p${state.ports++}`;
      const other = `${name}-${port}`;
      await addNamespace(other);
      await ip('link', 'add', port, 'netns', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other);
      await ip('-n', name, 'link', 'set', port, 'master', 'wire', 'up');
      await ip('-n', other, 'link', 'set', 'eth0', 'address', mac, 'up');
      if (address !== undefined) await ip('-n', other, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      return ['ip', 'netns', 'exec', other];
    },
    async powerOn(mac, args) {
      const port = `t${state.ports++}`;
      await ip('-n', name, 'tuntap', 'add', port, 'mode', 'tap');
      await ip('-n', name, 'link', 'set', port, 'master', 'wire', 'up');
      const network = ['-netdev', `tap,id=n0,ifname=${port},script=no,downscript=no`];
      const quiet = [
        '-display',
        'none',
        '-vga',
        'none',
        '-monitor',
        'none',
        '-serial',
        'stdio',
        '-no-reboot',
      ];
      const [device = '', ...rest] = args;
      const card = ['-device', `virtio-net-pci,netdev=n0,mac=${mac}${device}`];
      return launch('qemu-system-x86_64', '-accel', 'tcg', ...quiet, ...network, ...card, ...rest);
    },
    until: (fits) => {
      const status = async () => {
        const { stdout } = await site.run('ip', [...inside, program, 'status', '-o', 'json']);
        return JSON.parse(stdout) as ClusterStatus;
      };
      return untilStatus({ ...site, status }, fits, AbortSignal.timeout(90_000));
    },
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.allSettled(started.map(({ done }) => done));
      for (const { pid } of await site.processes()) kill(pid, 'SIGKILL');
      for (const namespace of namespaces) await site.run('ip', ['netns', 'del', namespace]);
      await site[Symbol.asyncDispose]();
    },
  };
  try {
    await addNamespace(name);
    await ip('-n', name, 'link', 'add', 'wire', 'type', 'bridge', 'forward_delay', '0');
    await ip('-n', name, 'addr', 'add', `${hall.address}/24`, 'dev', 'wire');
    await ip('-n', name, 'link', 'set', 'wire', 'up');
    return hall;
  } catch (error) {
    await hall[Symbol.asyncDispose]();
    throw error;
  }
}
