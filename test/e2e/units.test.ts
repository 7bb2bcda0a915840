// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { controlPid, kill, openSite, pidOf, type Site, untilStatus } from './harness.js';

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

test('a unit that fails ends its start at once, and tells why; what is known of units is told', async () => {
  await using site = await openSite();
  await site.write('cluster.yaml', 'name: units\nmachines:\n  - name: core-01\n  - name: core-02\n');
  expect(await site.muster('up')).toMatchObject({ code: 0 });
  await site.write('bad.service', '[Service]\nExecStart=/bin/sh -c "echo it is bad; exit 3"\n');
  await site.write('w.service', '[Unit]\nDescription=A web\n[Service]\nExecStart=/bin/sleep 771\n');
  await site.write('worse.service', '[Service]\nExecStart=/a\n[X-Fleet]\nGlobal=true\nMachineOf=w.service\n');

  expect(await site.muster('unit', 'verify', 'w.service')).toMatchObject({ code: 0 });
  const verified = await site.muster('unit', 'verify', 'w.service', 'worse.service');
  expect(verified).toMatchObject({ code: 1, stderr: expect.stringContaining('worse.service:4:1: error') });
  expect(await site.muster('unit', 'start', 'worse.service')).toMatchObject({ code: 1 });
  // Were it waited for, the test's own time would be over first.
  for (const _try of ['first', 'again']) {
    expect(await site.muster('unit', 'start', 'w.service', 'bad.service', '--timeout', '600')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^w\.service: launched on core-0\d\n$/),
      stderr: expect.stringMatching(
        /bad\.service: failed on core-0\d: exited with code 3\n +see "muster unit logs/,
      ),
    });
  }
  expect(await site.muster('unit', 'logs', 'bad.service')).toMatchObject({
    stdout: 'it is bad\nit is bad\n',
  });
  expect(await site.muster('unit', 'status', 'w.service')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^w\.service - A web\n.*launched.*\n +core-0\d: loaded, active \(running\)\n$/,
    ),
  });
  expect(await site.muster('unit', 'status', '*.service')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('failed (failed): exited with code 3'),
  });
  expect((await site.muster('unit', 'list-files')).stdout).toMatch(
    /^w\.service +[0-9a-f]{7} +launched +launched +core/m,
  );
  const there = (await where(site))['w.service'] ?? '';
  expect((await site.muster('unit', 'ssh', 'w.service', '--', 'echo $MUSTER_ROOT')).stdout).toContain(
    `/${there}/`,
  );
  const { machines } = await site.status();
  expect(machines.find(({ name }) => name === there)?.scheduledUnits).toMatchObject([
    { name: 'w.service', targetState: 'launched', active: 'active' },
  ]);
  expect((await site.muster('status')).stdout).toContain(' 1 (1 failed) ');

  // Another text has to stay up before it is called launched; without the flag it is not taken.
  await site.write(
    'w.service',
    '[Unit]\nDescription=A web\n[Service]\nExecStart=/bin/sh -c "sleep 1; exit 4"\n',
  );
  expect(await site.muster('unit', 'start', 'w.service')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('keeps it without --replace'),
  });
  expect(await site.muster('unit', 'start', 'w.service', '--replace')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('exited with code 4'),
  });
  expect(await site.muster('unit', 'start', 'w.service', '--no-block')).toMatchObject({
    code: 0,
    stdout: 'start w.service: asked\n',
  });

  // fleet's API does as the command does.
  const { endpoints } = await site.status();
  const url = `${endpoints.control}/fleet/v1/units/api.service`;
  const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 772' }];
  const body = JSON.stringify({ options, desiredState: 'launched' });
  const sent = await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
  expect(sent.status).toBe(201);
  await expect.poll(async () => (await fetch(url)).json()).toMatchObject({ currentState: 'launched' });

  // Two machines of which one has nothing to do, because it was being drained.
  expect(await site.muster('unit', 'rebalance')).toMatchObject({ code: 0 });
  await site.muster('machine', 'drain', 'core-02');
  await expect
    .poll(() => where(site), { timeout: 10_000 })
    .toMatchObject({ 'w.service': 'core-01', 'api.service': 'core-01' });
  await site.muster('machine', 'uncordon', 'core-02');
  await site.muster('unit', 'destroy', 'bad.service');
  const preview = await site.muster('unit', 'rebalance', '-o', 'json');
  expect(JSON.parse(preview.stdout)).toMatchObject([{ unit: 'api.service', from: 'core-01', to: 'core-02' }]);
  expect(await where(site)).toMatchObject({ 'api.service': 'core-01' });
  expect(await site.muster('unit', 'rebalance', '--yes')).toMatchObject({ code: 0 });
  expect(await where(site)).toMatchObject({ 'w.service': 'core-01', 'api.service': 'core-02' });
}, 120_000);

test('a machine that is gone has its units elsewhere, and does not run them when it comes back', async () => {
  await using site = await openSite();
  const machines = ['core-01', 'core-02', 'core-03'].map((name) => `  - name: ${name}`).join('\n');
  await site.write('cluster.yaml', `name: units\nagentTtl: 3s\nmachines:\n${machines}\n`);
  expect(await site.muster('up')).toMatchObject({ code: 0 });
  await site.write('w@.service', '[Service]\nExecStart=/bin/sleep 77%i\n');
  expect(await site.muster('unit', 'start', 'w@{1..3}.service')).toMatchObject({ code: 0 });
  const before = await where(site);
  const lost = before['w@1.service'] ?? '';
  const others = Object.entries(before).filter(([, machine]) => machine !== lost);
  const all = await site.processes();
  const pidsOf = (list: typeof all) =>
    Object.fromEntries(
      list
        .filter(({ command }) => command.startsWith('/bin/sleep 77'))
        .map(({ pid, command }) => [command, pid]),
    );

  // As when the power fails: the agent and all that it ran.
  const agent = await pidOf(site, lost);
  kill(agent, 'SIGSTOP');
  for (const { pid, command } of await site.processes()) {
    if (command === '/bin/sleep 771') kill(pid, 'SIGKILL');
  }
  kill(agent, 'SIGKILL');
  await expect.poll(async () => (await where(site))['w@1.service'], { timeout: 20_000 }).not.toBe(lost);
  await expect
    .poll(async () => (await rows(site)).find(({ name }) => name === 'w@1.service')?.active, {
      timeout: 20_000,
    })
    .toBe('active');
  const moved = pidsOf(await site.processes());
  for (const [unit] of others) {
    const command = `/bin/sleep 77${unit.charAt(2)}`;
    expect(moved[command]).toBe(pidsOf(all)[command]);
  }
  const events = (await site.muster('events')).stdout;
  expect(events).toMatch(new RegExp(`unit-evicted +${lost} .*w@1\\.service +its machine is gone`));
  expect(events).toMatch(/unit-placed +core-0\d .*w@1\.service/);

  expect(await site.muster('up', lost)).toMatchObject({ code: 0 });
  await untilStatus(site, ({ state }) => state === 'ok');
  expect(pidsOf(await site.processes())).toEqual(moved);
  expect((await where(site))['w@1.service']).not.toBe(lost);

  // The store is away for longer than any lease, and so is who decides.
  const control = await controlPid(site);
  const here = await where(site);
  kill(control, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  kill(control, 'SIGCONT');
  await untilStatus(site, ({ state }) => state === 'ok');
  await expect
    .poll(async () => (await rows(site)).map(({ active }) => active))
    .toEqual(['active', 'active', 'active']);
  expect(await where(site)).toEqual(here);
  expect(pidsOf(await site.processes())).toEqual(moved);
}, 120_000);
