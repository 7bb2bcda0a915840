// SPDX-License-Identifier: Apache-2.0

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect, type EtcdClient, keyOf, textOf } from '../../src/etcd/index.js';
import { appSpecificId, zincatiApplication } from '../../src/identity/index.js';
import { machineId } from '../../src/model/index.js';
import { machine, openSite, type Site, untilStatus } from './harness.js';
import { eventsOf, openEtcdSite, storeOf } from './members/etcd-site.js';

const semaphore = '/coreos.com/updateengine/rebootlock/semaphore';

describe.concurrent('reboots under the lock', () => {
  test('a roll through three members of etcd, under a writer', { timeout: 240_000 }, async () => {
    await using site = await openEtcdSite({ more: ['rebootLock: {wellFor: 0}'] });
    expect((await site.muster('up')).code).toBe(0);
    const before = await site.status();
    const client = connect(before.endpoints.etcd, { timeoutMs: 5_000 });
    const over = new AbortController();
    const writing = writeUntil(client, over.signal);
    const holding = watchHolders(client, over.signal);
    const rolled = await site.muster('reboot', '--rolling');
    over.abort();
    expect(rolled, rolled.stderr).toMatchObject({ code: 0, stdout: '3 of 3 machines rebooted\n' });
    const acknowledged = await writing;
    const { kvs } = await client.range({ key: keyOf('/w/'), rangeEnd: keyOf('/w0') });
    const kept = new Set(kvs.map(({ key }) => textOf(key)));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((key) => !kept.has(key))).toEqual([]);
    const after = await untilStatus(site, ({ store }) => store?.state === 'ok');
    expect(storeOf(after).states).toEqual(['voter', 'voter', 'voter']);
    // None kept its member: each came back with an empty disk.
    const idsBefore = new Set(storeOf(before).members.map(({ id }) => id));
    expect(storeOf(after).members.filter(({ id }) => idsBefore.has(id))).toEqual([]);
    const seen = await holding;
    expect(Math.max(...seen.map((holders) => holders.length))).toBe(1);
    expect(new Set(seen.flat())).toEqual(new Set(after.machines.map(({ id }) => id)));
    await client.close();
  });

  test('a roll stops at the first machine that is not well, and goes on once it is', {
    timeout: 180_000,
  }, async () => {
    await using site = await openSite();
    const flag = join(site.folder, 'broken');
    await site.write('cluster.yaml', 'machines: 3\nuserData: user-data\nrebootLock: {wellFor: 0}\n');
    await site.write('user-data', userDataThatFailsWith(flag));
    expect((await site.muster('up')).code).toBe(0);
    // An image that is not there stops no machine, and does not get into the cluster file.
    expect(await site.muster('reboot', '--rolling', '--image', 'absent')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no whole image "absent"'),
    });
    await site.write('broken', '');
    const stopped = await site.muster('reboot', '--rolling', '--timeout', '10');
    expect(stopped, stopped.stderr).toMatchObject({ code: 1 });
    expect(stopped.stderr).toContain(
      'stopped at core-01: it is not well after 10 s: check.service is failed',
    );
    expect(stopped.stderr).toContain('reboot --rolling --resume');
    const held = JSON.parse((await site.muster('lock', 'status', '-o', 'json')).stdout);
    expect(held).toMatchObject({ available: -1, holders: [{ machine: 'core-01', phase: 'releasing' }] });
    expect(held.paused).toContain('core-01');
    expect((await site.muster('status')).stdout).toContain('core-01');
    // Nobody else is let go meanwhile.
    const refused = await site.muster('reboot', 'core-02');
    expect(refused, refused.stderr).toMatchObject({ code: 1, stderr: expect.stringContaining('paused') });
    await rm(flag);
    expect((await site.muster('reboot', 'core-01', '--no-lock')).code).toBe(0);
    const resumed = await site.muster('reboot', '--rolling', '--resume');
    expect(resumed, resumed.stderr).toMatchObject({ code: 0, stdout: '3 of 3 machines rebooted\n' });
    const free = JSON.parse((await site.muster('lock', 'status', '-o', 'json')).stdout);
    expect(free).toMatchObject({ available: 1, paused: '', holders: [] });
    const kinds = (await eventsOf(site)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('reboot'))).toEqual([
      'reboot',
      'reboot-failed',
      'reboot-lock-released',
      'reboot',
      'reboot',
    ]);
  });

  test('one record, three faces', { timeout: 120_000 }, async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: 2\n');
    expect((await site.muster('up')).code).toBe(0);
    const status = await site.status();
    const [one, two] = ['core-01', 'core-02'].map((name) =>
      appSpecificId(machineId(machine(status, name).id), zincatiApplication),
    );
    const ask = fleetLock(site, status.endpoints.control);
    expect(await ask('pre-reboot', one)).toMatchObject({ code: 200 });
    expect(await ask('pre-reboot', one)).toMatchObject({ code: 200 });
    const full = await ask('pre-reboot', two);
    expect(full).toMatchObject({ code: 500, body: { kind: 'failed_lock' } });
    const v2 = (...words: readonly string[]) =>
      site.run('etcdctl', ['--endpoint', status.endpoints.etcd[0] ?? '', ...words], {
        env: { ETCDCTL_API: '2' },
      });
    expect(JSON.parse((await v2('get', semaphore)).stdout)).toEqual({ semaphore: 0, max: 1, holders: [one] });
    expect((await site.muster('lock', 'status')).stdout).toMatch(/^Available: 0\nMax: 1\n(.*\n)*.*core-01/);
    // As locksmithctl would: whatever is in the semaphore counts.
    await v2('set', semaphore, JSON.stringify({ semaphore: 1, max: 1, holders: [] }));
    expect(await ask('pre-reboot', two)).toMatchObject({ code: 200 });
    expect(await ask('steady-state', two)).toMatchObject({ code: 200 });
    expect((await site.muster('lock', 'set-max', '0')).stdout).toBe('Old-Max: 1\nMax: 0\n');
    expect(await ask('pre-reboot', one)).toMatchObject({ code: 500, body: { kind: 'failed_lock' } });
    expect(JSON.parse((await v2('get', semaphore)).stdout)).toEqual({ semaphore: 0, max: 0, holders: [] });
  });
});

/** Writes one key after another; those that were acknowledged. */
async function writeUntil(client: EtcdClient, signal: AbortSignal): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let number = 0; !signal.aborted; number += 1) {
    const key = `/w/${number}`;
    try {
      await client.put({ key: keyOf(key), value: keyOf('x') });
      acknowledged.push(key);
    } catch {
      // Nobody promised anything.
    }
  }
  return acknowledged;
}

/** Who was in the semaphore, change by change. */
async function watchHolders(
  client: EtcdClient,
  signal: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  const seen: (readonly string[])[] = [];
  let from = Number((await client.range({ key: keyOf(semaphore) })).revision) + 1;
  while (!signal.aborted) {
    try {
      for await (const event of client.watch({ key: keyOf(semaphore), startRevision: from }, signal)) {
        if (event.kind !== 'events') continue;
        for (const { kv } of event.events) {
          seen.push(JSON.parse(textOf(kv.value)).holders ?? []);
          from = kv.modRevision + 1;
        }
      }
    } catch {
      // The member that it watched is the one that reboots.
    }
  }
  return seen;
}

function userDataThatFailsWith(flag: string): string {
  return [
    '#cloud-config',
    'coreos:',
    '  units:',
    '    - name: check.service',
    '      command: start',
    '      content: |',
    '        [Service]',
    '        Type=oneshot',
    '        RemainAfterExit=yes',
    `        ExecStart=/usr/bin/test ! -e ${flag}`,
    '',
  ].join('\n');
}

/** Asks as zincati does. */
function fleetLock(site: Site, control: string) {
  return async (path: string, id = '') => {
    const { stdout } = await site.run('curl', [
      ...['-sS', '-w', '\n%{http_code}', '-H', 'fleet-lock-protocol: true'],
      ...['-d', JSON.stringify({ client_params: { id, group: 'default' } }), `${control}/v1/${path}`],
    ]);
    const [body = '', code] = stdout.split(/\n(?=\d+$)/);
    return { code: Number(code), body: body === '' ? undefined : JSON.parse(body) };
  };
}
