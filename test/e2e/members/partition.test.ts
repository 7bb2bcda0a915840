// SPDX-License-Identifier: Apache-2.0

import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../component/etcd-cluster.js';
import { controlPid, kill, machine, type Site, untilStatus } from '../harness.js';
import { eventsOf, openEtcdSite, signalMachine, storeOf } from './etcd-site.js';

const canMakeNamespaces = process.getuid?.() === 0 && (await runProgram('ip', ['netns', 'list'])).code === 0;
const tool = resolve('.cache/debian13/usr/bin/etcdctl');
const names = ['core-01', 'core-02', 'core-03'];
const more = ['provider: {name: local, network: namespaces}'];
const patience = { timeout: 60_000, interval: 500 };

/** The stock tool on a machine, at the member there. */
async function onMachine(site: Site, name: string, ...args: readonly string[]): Promise<string> {
  const { machines } = await site.status();
  const endpoint = `http://${machines.find((one) => one.name === name)?.privateIp}:2379`;
  const words = ['env', '-u', 'ETCDCTL_ENDPOINTS', tool, `--endpoints=${endpoint}`, '--command-timeout=3s'];
  const ran = await site.muster('ssh', name, '--', ...words, ...args);
  if (ran.code !== 0) throw new Error(`${args.join(' ')} on ${name}: ${ran.stderr}`);
  return ran.stdout.trim();
}

async function cut(site: Site, ...sides: readonly (readonly string[])[]): Promise<void> {
  const text = sides.map((side) => side.join(',')).join('/');
  expect(await site.muster('drill', 'cut', '--sides', text)).toMatchObject({ code: 0 });
}

const heal = async (site: Site) => expect((await site.muster('drill', 'heal')).code).toBe(0);

async function untilWhole(site: Site): Promise<readonly string[]> {
  const isWhole = ({ state }: { readonly state: string }) => state === 'joined';
  const status = await untilStatus(
    site,
    ({ store, machines }) => store?.state === 'ok' && machines.every(isWhole),
    AbortSignal.timeout(90_000),
  );
  return storeOf(status).members.map(({ id }) => id);
}

async function changes(site: Site): Promise<readonly string[]> {
  const kinds = (await eventsOf(site)).map(({ kind, machine }) => `${kind} ${machine}`);
  return kinds.filter((text) => /^(removed|added|promoted) /.test(text));
}

describe.skipIf(!canMakeNamespaces)('links that lose everything', { concurrent: true }, () => {
  test.each(['3.5', '3.4'] as const)('a leader that is cut off, etcd %s', async (version) => {
    await using site = await openEtcdSite({ version, more });
    expect(await site.muster('up')).toMatchObject({ code: 0 });
    const ids = await untilWhole(site);
    const pid = await controlPid(site);
    const old = storeOf(await site.status()).members.find(({ isLeader }) => isLeader)?.machine ?? '';
    const [left = '', right = ''] = names.filter((name) => name !== old);
    expect(await onMachine(site, old, 'put', '/x', 'before')).toBe('OK');

    await cut(site, [old], [left, right]);
    await vi.waitFor(() => onMachine(site, left, 'put', '/x', 'after'), patience);
    // Clients on its side: what needs a quorum is not answered, what does not is the past.
    await expect(onMachine(site, old, 'put', '/x', 'never')).rejects.toThrow();
    await expect(onMachine(site, old, 'get', '/x')).rejects.toThrow();
    const stale = await onMachine(site, old, 'get', '/x', '--consistency=s', '--print-value-only');
    expect(stale).toBe('before');
    expect(await onMachine(site, right, 'get', '/x', '--print-value-only')).toBe('after');

    await heal(site);
    expect(await untilWhole(site)).toEqual(ids);
    await vi.waitFor(
      async () => expect(await onMachine(site, old, 'get', '/x', '--print-value-only')).toBe('after'),
      patience,
    );
    expect(await changes(site)).toEqual([]);
    expect(await controlPid(site)).toBe(pid);
  });

  test('a control process that is cut off from a majority touches nothing, and nobody makes it', async () => {
    await using site = await openEtcdSite({ more });
    expect(await site.muster('up')).toMatchObject({ code: 0 });
    const ids = await untilWhole(site);
    await cut(site, ['core-01', 'control'], ['core-02', 'core-03']);
    const isLost = ({ state }: { readonly state: string }) => state === 'lost';
    const status = await untilStatus(
      site,
      ({ store, machines }) => store?.state === 'no-quorum' && machines.filter(isLost).length === 2,
      AbortSignal.timeout(60_000),
    );
    expect(storeOf(status).reason).toContain('2 are needed');
    await vi.waitFor(() => onMachine(site, 'core-02', 'put', '/x', 'without-it'), patience);

    // They run, and hold what was written: to start them anew would lose it.
    kill(await controlPid(site), 'SIGKILL');
    const up = await site.muster('up');
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('core-02, core-03 run and cannot') });

    // A disk that is lost meanwhile waits for the quorum.
    await signalMachine(site, 'core-01', 'SIGKILL');
    await untilStatus(site, (seen) => machine(seen, 'core-01').state === 'lost');
    expect((await site.muster('up', 'core-01', '--timeout', '20')).code).toBe(1);
    await untilStatus(site, (seen) => storeOf(seen).members[0]?.state === 'empty');
    expect(await changes(site)).toEqual([]);

    await heal(site);
    const [renewed, ...others] = await untilWhole(site);
    expect(others).toEqual(ids.slice(1));
    expect(ids).not.toContain(renewed);
    expect(await changes(site)).toEqual(['removed core-01', 'added core-01', 'promoted core-01']);
    expect(await onMachine(site, 'core-01', 'get', '/x', '--print-value-only')).toBe('without-it');
  });

  test('a control process that is cut off from a minority removes nobody', async () => {
    await using site = await openEtcdSite({ more });
    expect(await site.muster('up')).toMatchObject({ code: 0 });
    const ids = await untilWhole(site);
    await cut(site, ['core-01'], ['core-02', 'core-03', 'control']);
    await untilStatus(
      site,
      (seen) => machine(seen, 'core-01').state === 'lost' && storeOf(seen).state === 'healing',
      AbortSignal.timeout(60_000),
    );
    expect((await site.muster('set', '/x', 'by two')).code).toBe(0);
    await heal(site);
    expect(await untilWhole(site)).toEqual(ids);
    expect(await changes(site)).toEqual([]);
  });

  test('drills of every kind lose nothing, and leave nothing', async () => {
    await using site = await openEtcdSite({ more });
    expect(await site.muster('up')).toMatchObject({ code: 0 });
    const ran = await site.muster('drill', 'partition', '--count', '4', '-o', 'json');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const whole = { fault: 'partition', episodes: 4, recovered: 4, lostWrites: 0, wrongReads: 0 };
    expect(JSON.parse(ran.stdout)).toMatchObject(whole);
    const before = await readdir('/run/netns');
    expect((await site.muster('destroy', '--yes')).code).toBe(0);
    const gone = before.filter((name) => name.endsWith('.core-01'));
    expect((await readdir('/run/netns')).filter((name) => gone.includes(name)).length).toBeLessThan(
      gone.length,
    );
    expect(await site.processes()).toEqual([]);
  });
});
