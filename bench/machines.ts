// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { imageFolder, imagesFolder } from './image-folder.js';
import { inCluster, printTable, program, type ResultRow, time } from './measure.js';

const memory = '768M';
const clusterFile = `provider: {name: qemu, memory: ${memory}, accel: tcg}
image: default
store: etcd
machines: 1
`;

/** Where scripts/qemu.mjs unpacks it. */
const ownQemu = resolve('.cache/qemu/bin');
const path = existsSync(ownQemu) ? `${ownQemu}:${process.env.PATH}` : process.env.PATH;

interface Boot {
  readonly wallMs: number;
  readonly cpuSeconds: number;
}

/**
 * One emulated machine with nothing on a disk, from power-on to a member of etcd, by stage; beside the floor: the same
 * kernel and initrd started directly, with no agent, until systemd says that multi-user.target is reached.
 */
export async function benchMachines(): Promise<void> {
  const floor = await bootDirectly(await imageFolder());
  await inCluster(async (folder, given) => {
    const env = { ...given, PATH: path, MUSTER_IMAGES: imagesFolder };
    await writeFile(join(folder, 'cluster.yaml'), clusterFile);
    const began = Date.now();
    const up = await time(program, ['up', '--timeout', '600'], folder, env);
    const cpuSeconds = await cpuOf(folder);
    const { stdout } = await time(program, ['events', '-o', 'json'], folder, env);
    const on = async (command: string) =>
      (await time(program, ['ssh', 'core-01', '--', command], folder, env)).stdout.trim();
    const row = { beside: '', ratio: '', goal: '' };
    const rows: ResultRow[] = [
      {
        what: 'power-on to joined',
        value: seconds(up.wallMs),
        beside: `to multi-user, started directly ${seconds(floor.wallMs)}`,
        ratio: `${(up.wallMs / floor.wallMs).toFixed(2)}x`,
        goal: '1.3x',
      },
      {
        what: "QEMU's processor time",
        value: `${cpuSeconds.toFixed(0)} s`,
        beside: `${floor.cpuSeconds.toFixed(0)} s`,
        ratio: `${(cpuSeconds / floor.cpuSeconds).toFixed(2)}x`,
        goal: '',
      },
      ...stages(stdout, began).map(([what, value]) => ({ what, value, ...row })),
      {
        what: "guest's seconds to multi-user",
        value: /reached after (.*) in userspace/.exec(await on('systemd-analyze'))?.[1] ?? 'unknown',
        ...row,
        goal: '30 s with the kernel',
      },
      { what: `guest's memory in use, of ${memory}`, value: `${await on(usedMib)} MiB`, ...row },
    ];
    printTable('machines', rows);
  });
}

const usedMib = "free -m | awk '/^Mem/ { print $2 - $7 }'";

/** How long after the power-on the control process saw each stage. */
function stages(text: string, began: number): readonly (readonly [string, string])[] {
  const events: readonly { readonly kind: string; readonly at: number }[] = JSON.parse(text);
  const wanted: Readonly<Record<string, string>> = {
    'boot-script': 'to the boot script: firmware and DHCP',
    'boot-initrd': 'to kernel and initrd fetched',
    'boot-user-data': 'to the user-data: kernel, systemd, agent',
    founding: 'to registered: configured, etcd about to start',
    formed: 'to etcd answering',
  };
  return events.flatMap(({ kind, at }) => {
    const what = wanted[kind];
    return what === undefined ? [] : [[what, seconds(at - began)] as const];
  });
}

async function cpuOf(folder: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const isMine = (await read('environ')).includes(`MUSTER_BENCH=${folder}`);
    if (isMine && (await read('cmdline')).includes('\0-name\0core-01\0'))
      return secondsOf(await read('stat'));
  }
  throw new Error('the machine has no process');
}

/** User and system time. Source: proc(5), stat; ticks are 10 ms. */
function secondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function bootDirectly(image: string): Promise<Boot> {
  const words = 'console=ttyS0 quiet systemd.show_status=yes panic=5 systemd.mask=muster-agent.service';
  const cards = ['boot', 'segment'].flatMap((name) => [
    ...['-netdev', `user,id=${name}`, '-device', `virtio-net-pci,netdev=${name},romfile=`],
  ]);
  const began = performance.now();
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc,graphics=off'],
      ...['-accel', 'tcg', '-cpu', 'qemu64', '-smp', '1', '-m', memory, '-device', 'virtio-rng-pci'],
      ...[...cards, '-serial', 'stdio', '-kernel', join(image, 'kernel'), '-initrd', join(image, 'initrd')],
      ...['-append', `${words} module_blacklist=ata_piix,ata_generic`],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PATH: path } },
  );
  return new Promise((onDone, onError) => {
    let said = '';
    qemu.once('error', onError);
    qemu.once('exit', () => onError(new Error(`the machine ended: ${said.slice(-500)}`)));
    qemu.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (!/Reached target[^\n]*multi-user/.test(said)) return;
      const wallMs = performance.now() - began;
      qemu.stdout.removeAllListeners('data');
      readFile(`/proc/${qemu.pid}/stat`, 'utf8')
        .then((stat) => onDone({ wallMs, cpuSeconds: secondsOf(stat) }), onError)
        .finally(() => qemu.kill('SIGKILL'));
    });
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
