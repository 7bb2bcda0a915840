// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { openSite, type Site, untilStatus } from './harness.js';

interface Row {
  readonly name: string;
  readonly machine: { readonly name: string };
  readonly active: string;
}

async function rows(site: Site): Promise<readonly Row[]> {
  return JSON.parse((await site.muster('unit', 'list', '-o', 'json')).stdout) as readonly Row[];
}

async function where(site: Site): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await rows(site)).map(({ name, machine }) => [name, machine.name]));
}

async function pids(site: Site): Promise<readonly number[]> {
  const all = await site.processes();
  return all
    .filter(({ command }) => command.startsWith('/bin/sleep 77'))
    .map(({ pid }) => pid)
    .sort();
}

test('units run, conflict, move when their machine is drained, and outlive the control process', async () => {
  await using site = await openSite();
  const names = ['core-01', 'core-02', 'core-03'];
  const machines = names.map((name) => `  - name: ${name}`).join('\n');
  await site.write('cluster.yaml', `name: units\nagentTtl: 3s\nmachines:\n${machines}\n`);
  expect(await site.muster('up')).toMatchObject({ code: 0 });
  await site.write('w@.service', '[Service]\nExecStart=/bin/sleep 77%i\n[X-Fleet]\nConflicts=w@*.service\n');
  await site.write('g.service', '[Service]\nExecStart=/bin/sleep 770\n[X-Fleet]\nGlobal=true\n');

  const started = await site.muster('unit', 'start', 'w@{1..3}.service', 'g.service');
  expect(started).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^w@1\.service: launched on core-0/m),
  });
  expect(
    new Set(Object.entries(await where(site)).flatMap(([unit, at]) => (unit === 'g.service' ? [] : [at]))),
  ).toEqual(new Set(names));
  await expect.poll(async () => (await pids(site)).length).toBe(6);

  const more = await site.muster('unit', 'start', 'w@4.service', '--timeout', '1');
  expect(more).toMatchObject({ code: 1, stderr: expect.stringContaining('no machine fits') });
  expect((await site.muster('unit', 'why', 'w@4.service')).stdout).toMatch(/core-01: it conflicts with w@\d/);
  expect(await site.muster('unit', 'destroy', 'w@4.service')).toMatchObject({ code: 0 });

  const before = await pids(site);
  const { pid } = JSON.parse((await site.run('cat', ['.muster/control.json'])).stdout) as {
    readonly pid: number;
  };
  process.kill(pid, 'SIGKILL');
  expect(await site.muster('up')).toMatchObject({ code: 0 });
  await untilStatus(site, ({ state }) => state === 'ok');
  expect(await pids(site)).toEqual(before);

  expect(await site.muster('unit', 'destroy', 'w@3.service')).toMatchObject({ code: 0 });
  const free = (await where(site))['w@1.service'] ?? '';
  expect(await site.muster('machine', 'drain', free)).toMatchObject({ code: 0 });
  await expect.poll(async () => (await where(site))['w@1.service'], { timeout: 10_000 }).not.toBe(free);
  const events = await site.muster('events');
  expect(events.stdout).toContain('its machine is being drained');
}, 120_000);
