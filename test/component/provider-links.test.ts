// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  realClock,
  realDialUnix,
  realExec,
  realFiles,
  realProbeTcp,
  realRandom,
  silentLog,
} from '../../src/effects/index.js';
import { findProvider, type Host, type MachineOrder, type ProviderDeps } from '../../src/providers/index.js';
import { testOrder } from '../../src/providers/testing.js';
import { runProgram } from './etcd-cluster.js';

const canMakeNamespaces = process.getuid?.() === 0 && (await runProgram('ip', ['netns', 'list'])).code === 0;
const local = findProvider('local');
const deps: ProviderDeps = {
  clock: realClock,
  dialUnix: realDialUnix,
  exec: realExec,
  files: realFiles,
  log: silentLog,
  random: realRandom,
  probeTcp: realProbeTcp,
  program: [process.execPath, resolve('test/conformance/stand-in-machine.mjs'), 'gentle'],
  environment: { PATH: process.env.PATH ?? '' },
};

const parts: { folder: string } = { folder: '' };
beforeEach(async () => {
  parts.folder = await mkdtemp(join(tmpdir(), 'muster-links-'));
});
afterEach(async () => {
  const host = openHost();
  await Promise.all((await host.list()).map(({ name }) => host.destroy(name)));
  await local.lowerNetwork(deps, context());
  await rm(parts.folder, { recursive: true, force: true });
});

const context = (network = 'namespaces') => ({
  clusterName: 'links',
  clusterId: '0'.repeat(32),
  folder: parts.folder,
  ports: [],
  options: { network },
});
const openHost = (): Host => local.openHost(deps, context());

function orderOf(number: number): MachineOrder {
  return testOrder(number, { name: `m-${number}`, address: `10.77.0.10${number}` });
}

/** Of this cluster, by the kernel's own list. */
async function namespaces(): Promise<readonly string[]> {
  const record = (await realFiles.readText(join(parts.folder, 'namespace')))?.trim() ?? 'muster-links-';
  return (await readdir('/run/netns').catch((): string[] => []))
    .filter((name) => name.startsWith(record))
    .sort();
}

/** A port that is closed says so at once; what is lost is never answered. */
async function hears(inside: readonly string[], address: string): Promise<boolean> {
  const [command = '', ...words] = inside;
  const probe = `exec 3<>/dev/tcp/${address}/9`;
  const ran = await runProgram(command, [...words, 'timeout', '5', 'bash', '-c', probe]);
  return ran.code !== 124;
}

describe.skipIf(!canMakeNamespaces)('machines with interfaces of their own', () => {
  test('come with them and go with them', async () => {
    await local.raiseNetwork(deps, context());
    await Promise.all([local.raiseNetwork(deps, context()), local.raiseNetwork(deps, context())]);
    const way = await local.findWayIn(deps, parts.folder);
    expect(way).toEqual({
      words: ['nsenter', expect.stringContaining('--net=/run/netns/')],
      isInside: false,
    });
    const host = openHost();
    await host.powerOn(orderOf(1));
    await host.powerOn(orderOf(2));
    const [cluster = '', one = '', two = ''] = await namespaces();
    expect([one, two]).toEqual([`${cluster}.m-1`, `${cluster}.m-2`]);
    const [command = '', ...words] = await host.enter('m-1');
    const inside = (...args: readonly string[]) => runProgram(command, [...words, ...args]);
    expect((await inside('ip', '-o', '-4', 'addr', 'show', 'eth0')).stdout).toContain(' 10.77.0.101/22 ');
    expect((await inside('ip', '-o', 'link', 'show', 'eth0')).stdout).toContain('52:54:00:00:00:01');
    expect((await inside('cat', '/etc/resolv.conf')).stdout).toBe('nameserver 10.77.0.1\n');
    await host.powerOff('m-1');
    expect(await host.enter('m-1')).toEqual([]);
    await host.powerOn(orderOf(1));
    await host.destroy('m-1');
    expect(await namespaces()).toEqual([cluster, two]);
    await local.lowerNetwork(deps, context('127.77.4.0/22'));
    expect(await namespaces()).toEqual([]);
    expect((await readdir('/etc/netns')).filter((name) => name.startsWith(cluster))).toEqual([]);
    expect(await local.findWayIn(deps, parts.folder)).toEqual({ words: [], isInside: true });
  });

  test('what a crash left half made is made whole', async () => {
    await local.raiseNetwork(deps, context());
    const [cluster = ''] = await namespaces();
    await runProgram('ip', ['-n', cluster, 'link', 'del', 'br0']);
    await local.raiseNetwork(deps, context());
    await runProgram('ip', ['netns', 'add', `${cluster}.m-1`]);
    const host = openHost();
    await host.powerOn(orderOf(1));
    expect(await hears(await host.enter('m-1'), '10.77.0.1')).toBe(true);
    // A name without a namespace behind it, as between the two steps of `ip netns add`.
    await runProgram('umount', [`/run/netns/${cluster}`]);
    await local.raiseNetwork(deps, context());
    await host.powerOff('m-1');
    await host.powerOn(orderOf(1));
    expect(await hears(await host.enter('m-1'), '10.77.0.1')).toBe(true);
  });

  test('links are cut and healed; the control process reaches both sides', async () => {
    await local.raiseNetwork(deps, context());
    const host = openHost();
    await Promise.all([1, 2, 3].map((number) => host.powerOn(orderOf(number))));
    const [m1, m2] = [await host.enter('m-1'), await host.enter('m-2')];
    const beside = (await local.findWayIn(deps, parts.folder)).words;
    const seen = async () => [
      await hears(m1, '10.77.0.102'),
      await hears(m2, '10.77.0.101'),
      await hears(m2, '10.77.0.103'),
      await hears(beside, '10.77.0.101'),
    ];
    expect(await seen()).toEqual([true, true, true, true]);
    await host.faults?.links?.cut(['m-1'], ['m-2', 'm-3']);
    expect(await seen()).toEqual([false, false, true, true]);
    await host.faults?.links?.cut(['control'], ['m-1']);
    expect(await seen()).toEqual([false, false, true, false]);
    await host.faults?.links?.heal();
    expect(await seen()).toEqual([true, true, true, true]);
  });

  test('an address of another network is refused, and nothing stays', async () => {
    await local.raiseNetwork(deps, context());
    const order = { ...orderOf(1), address: '10.78.0.101' };
    await expect(openHost().powerOn(order)).rejects.toThrow('not in its network 10.77.0.0/22');
    expect(await namespaces()).toHaveLength(1);
  });
});

test('without the program that makes networks one sentence says what is needed', async () => {
  const run = () => Promise.reject(Object.assign(new Error('spawn ip ENOENT'), { code: 'ENOENT' }));
  const bare: ProviderDeps = { ...deps, exec: { ...realExec, run } };
  const failed = local.raiseNetwork(bare, context());
  await expect(failed).rejects.toMatchObject({
    code: 'providers/no-namespaces',
    message: expect.stringContaining('the program "ip" is not there'),
    next: expect.stringContaining('root, and iproute2'),
  });
});
