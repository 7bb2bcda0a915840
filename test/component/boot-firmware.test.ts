// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type BootAsset,
  type BootPlan,
  type BootStage,
  bootHandler,
  sortProfiles,
} from '../../src/boot/index.js';
import { bootMachine, bootPlan, bootProfile } from '../../src/boot/testing.js';
import { type Listening, listen, realOpenFile, silentLog } from '../../src/effects/index.js';
import { makeRealModeKernel, ranExitCode } from './real-mode-kernel.js';

let folder: string;
let face: Listening;
const stages: BootStage[] = [];
const state: { plan: BootPlan | undefined; onStage: (stage: BootStage) => void } = {
  plan: undefined,
  onStage: () => {},
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-firmware-'));
  stages.length = 0;
  state.onStage = () => {};
  const handler = bootHandler({
    plan: () => state.plan,
    onStage: (stage) => {
      stages.push(stage);
      state.onStage(stage);
    },
    openFile: realOpenFile,
    log: silentLog,
  });
  face = await listen(handler, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await face.close();
  await rm(folder, { recursive: true, force: true });
});

async function assetOf(name: string, content: Buffer): Promise<BootAsset> {
  const path = join(folder, name);
  await writeFile(path, content);
  const { size, mtimeMs } = await stat(path);
  return {
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    sizeBytes: size,
    modifiedMs: mtimeMs,
  };
}

/** As machines behind QEMU's own network reach this computer. */
function controlUrl(): string {
  return `http://10.0.2.2:${new URL(face.url).port}`;
}

/** Powers a machine on that boots from the network, until it ends; QEMU's own iPXE is its firmware. */
async function bootMachineWith(mac: string, signal: AbortSignal) {
  const args = [
    ...['-machine', 'pc,accel=tcg', '-m', '128', '-display', 'none', '-vga', 'none', '-no-reboot'],
    ...[
      '-serial',
      'stdio',
      '-monitor',
      'none',
      '-boot',
      'n',
      '-device',
      'isa-debug-exit,iobase=0x501,iosize=2',
    ],
    ...['-netdev', `user,id=n0,bootfile=${controlUrl()}/boot.ipxe`],
    ...['-device', `virtio-net-pci,netdev=n0,mac=${mac}`],
    ...['-uuid', '3b4c5d6e-0000-4000-8000-000000000001'],
    ...['-smbios', 'type=1,serial=SN 1,manufacturer=Box Maker,product=Box/One'],
  ];
  const child = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let console = '';
  const add = (chunk: Buffer) => {
    console += chunk.toString('latin1');
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, console };
}

test('real iPXE firmware waits while nobody knows it, then boots kernel and initrd of its profile', async ({
  signal,
}) => {
  const kernel = await assetOf('vmlinuz', makeRealModeKernel(300_000));
  const initrd = await assetOf('initrd', Buffer.alloc(3_000_000, 7));
  const image = { kind: 'ready', kernel, initrds: [initrd], args: ['quiet'] } as const;
  const mac = '52:54:00:aa:00:01';
  const machine = bootMachine(1, { marks: { mac, uuid: '00000000-0000-4000-8000-00000000ffff' } });
  const profiles = sortProfiles([
    bootProfile({ image: { kind: 'away', why: 'not for this one' } }),
    bootProfile({
      name: 'box',
      selector: { arch: 'x86_64', platform: 'pcbios', product: 'Box/One', manufacturer: 'Box Maker' },
      image,
      args: ['console=ttyS0'],
    }),
  ]);
  const planOf = (machines: BootPlan['machines']): BootPlan => ({
    ...bootPlan(machines, profiles),
    controlUrl: controlUrl(),
  });
  state.plan = planOf([]);
  // It is let in as soon as it has asked.
  state.onStage = (stage) => {
    if (stage.at === 'unknown') state.plan = planOf([machine]);
  };
  const { code, console } = await bootMachineWith(mac, signal);
  expect(console).toContain('initrd=main quiet console=ttyS0 cloud-config-url=http://10.0.2.2:');
  expect(code).toBe(ranExitCode);
  const [first] = stages;
  expect(first).toMatchObject({ at: 'unknown', facts: { marks: { mac, serial: 'SN 1' } } });
  const reached = stages.filter((stage) => !('bytes' in stage) || stage.bytes === stage.total);
  expect(reached.map(({ at }) => at)).toEqual(['unknown', 'script', 'kernel', 'initrd']);
  expect(stages.at(-1)).toMatchObject({ at: 'initrd', machine: 'core-01', total: 3_000_000 });
}, 120_000);
