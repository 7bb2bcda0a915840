// SPDX-License-Identifier: Apache-2.0

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kill, machine, openSite, pidOf, type Site, untilStatus } from './harness.js';

describe('the default cluster, with no file at hand', () => {
  let site: Site;
  let upOutput = '';

  beforeAll(async () => {
    site = await openSite();
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    upOutput = up.stdout;
    // In a pipe: plain lines, no control characters.
    expect(up.stderr).toMatch(/^core-01 {2}joined$/m);
    expect(up.stderr + up.stdout).not.toContain('\u001b');
  });
  afterAll(() => site[Symbol.asyncDispose]());

  test('up prints a table of the machines, and every line it says to try works', async () => {
    for (const name of ['core-01', 'core-02', 'core-03']) {
      expect(upOutput).toMatch(new RegExp(`^${name} +[0-9a-f]{32} +joined +127\\.`, 'm'));
    }
    const lines = upOutput.split('Try:\n')[1]?.trim().split('\n') ?? [];
    expect(lines.length).toBe(4);
    for (const line of lines) {
      const ran = await site.run('bash', ['-c', line], { input: 'exit\n' });
      expect(ran, `${line}\n${ran.stderr}`).toMatchObject({ code: 0 });
    }
  });

  test('a second up has nothing to do', async () => {
    expect(await site.muster('up')).toMatchObject({ code: 0, stdout: 'nothing to do\n' });
  });

  test('status as JSON has what programs rely on', async () => {
    const status = await site.status();
    expect(status).toMatchObject({ cluster: 'muster', state: 'ok' });
    expect(status.endpoints.control).toMatch(/^http:\/\/127\./);
    expect(status.endpoints.etcd).toEqual([expect.stringMatching(/^http:\/\/127\..*:2379$/)]);
    expect(status.machines.map(({ name }) => name)).toEqual(['core-01', 'core-02', 'core-03']);
    for (const one of status.machines) {
      expect(one).toMatchObject({ state: 'joined', metadata: {}, problems: [] });
      expect(one.id).toMatch(/^[0-9a-f]{32}$/);
      expect(one.privateIp).toMatch(/^127\.\d+\.\d+\.\d+$/);
      expect(one.publicIp).toBe(one.privateIp);
      expect(Math.abs(Date.now() - Date.parse(one.lastSeen))).toBeLessThan(15_000);
      expect(one).not.toHaveProperty('reason');
    }
    expect(new Set(status.machines.map(({ privateIp }) => privateIp)).size).toBe(3);
  });

  test('the keys are the article’s', async () => {
    const { machines } = await site.status();
    const visible = await site.muster('ls', '--recursive', '/');
    expect(visible.stdout.split('\n')).toEqual([
      '/coreos.com',
      '/coreos.com/updateengine',
      '/coreos.com/updateengine/rebootlock',
      '/coreos.com/updateengine/rebootlock/semaphore',
      '',
    ]);
    const hidden = (await site.muster('ls', '--recursive', '/_coreos.com')).stdout.trim().split('\n');
    expect(hidden.sort()).toEqual(
      [
        '/_coreos.com/fleet',
        '/_coreos.com/fleet/engine',
        '/_coreos.com/fleet/engine/version',
        '/_coreos.com/fleet/lease',
        '/_coreos.com/fleet/lease/engine-leader',
        '/_coreos.com/fleet/machines',
        ...machines.flatMap(({ id }) => [
          `/_coreos.com/fleet/machines/${id}`,
          `/_coreos.com/fleet/machines/${id}/object`,
        ]),
      ].sort(),
    );
    const semaphore = await site.muster('get', '/coreos.com/updateengine/rebootlock/semaphore');
    expect(semaphore.stdout).toBe('{\n  "semaphore": 1,\n  "max": 1,\n  "holders": null\n}\n');
    const [first] = machines;
    const object = await site.muster('get', `/_coreos.com/fleet/machines/${first?.id}/object`);
    expect(JSON.parse(object.stdout)).toEqual({
      ID: first?.id,
      PublicIP: first?.publicIp,
      Metadata: {},
      Version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  test('set, get, rm and watch change and show keys', async () => {
    expect(await site.muster('set', '/message', 'hello')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await site.muster('get', '/message')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await site.run('bash', ['-c', 'printf "a\\0b" | "$0" set /bytes', muster()])).toMatchObject({
      code: 0,
    });
    expect((await site.muster('get', '--raw', '/bytes')).stdout).toBe('a\0b');
    const watching = site.start('watch', '--recursive', '--forever', '/app');
    // The watch is known to stand once it has shown a first change.
    let shown = false;
    watching.saw('[set] /app/ready').then(() => {
      shown = true;
    });
    for (let round = 0; !shown && round < 200; round += 1) await site.muster('set', '/app/ready', `${round}`);
    await site.muster('set', '/app/x', '1');
    await site.muster('rm', '/app/x');
    await watching.saw('[delete] /app/x\nPrevNode.Value: 1\n');
    kill(watching.pid, 'SIGINT');
    expect(await watching.done).toMatchObject({ code: 0 });
    expect(await site.muster('rm', '/message')).toMatchObject({ code: 0 });
    const gone = await site.muster('get', '/message');
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain('there is no key "/message"');
    expect((await site.muster('rm', '/app')).stderr).toContain('"/app" is a directory');
    expect(await site.muster('rm', '-r', '/app')).toMatchObject({ code: 0 });
  });

  test('machines lists, as table and as JSON', async () => {
    expect((await site.muster('machines')).stdout).toMatch(/^NAME +MACHINE ID +STATE/);
    expect(JSON.parse((await site.muster('machines', '-o', 'json')).stdout)).toHaveLength(3);
  });

  test('ssh runs a command in the machine’s environment and hands on its exit code', async () => {
    const inside = await site.muster(
      'ssh',
      'core-03',
      '--',
      'echo $HOSTNAME; cat $MUSTER_ROOT/etc/machine-id; exit 7',
    );
    const id = machine(await site.status(), 'core-03').id;
    expect(inside).toMatchObject({ code: 7, stdout: `core-03\n${id}\n` });
    const keys = await site.muster('ssh', 'core-03', '--', 'etcdctl get --prefix --keys-only /coreos.com');
    expect(keys.stdout).toContain('/coreos.com/updateengine/rebootlock/semaphore');
  });

  test('logs shows what the machine said, and follows', async () => {
    expect((await site.muster('logs', 'core-01')).stdout).toContain('boot.ipxe');
    const following = site.start('logs', 'core-01', '-f');
    await following.saw('boot.ipxe');
    kill(following.pid, 'SIGINT');
    expect(await following.done).toMatchObject({ code: 0 });
    expect((await site.muster('logs', '--control')).stdout).toContain('"ready"');
  });

  test('reboot returns when the machine is back, with the same ID and an empty disk', async () => {
    const before = machine(await site.status(), 'core-02');
    await site.muster('ssh', 'core-02', '--', 'touch $MUSTER_ROOT/etc/left-behind');
    const reboot = await site.muster('reboot', 'core-02');
    expect(reboot, reboot.stderr).toMatchObject({ code: 0 });
    const after = machine(await site.status(), 'core-02');
    expect(after).toMatchObject({ id: before.id, state: 'joined', privateIp: before.privateIp });
    expect(after.since > before.since).toBe(true);
    const left = await site.muster('ssh', 'core-02', '--', 'test -e $MUSTER_ROOT/etc/left-behind');
    expect(left.code).toBe(1);
  });

  test('a killed machine is lost within its lease, and up brings it back under its ID', async () => {
    const before = machine(await site.status(), 'core-03');
    kill(await pidOf(site, 'core-03'), 'SIGKILL');
    const status = await untilStatus(site, (now) => machine(now, 'core-03').state === 'lost');
    expect(status).toMatchObject({ state: 'degraded' });
    expect(machine(status, 'core-03').reason).toContain('SIGKILL');
    expect((await site.muster('status')).code).toBe(1);
    const up = await site.muster('up', 'core-03');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect(machine(await site.status(), 'core-03')).toMatchObject({ id: before.id, state: 'joined' });
  });

  test('a machine that hangs is lost when its lease runs out, and up brings it back', async () => {
    kill(await pidOf(site, 'core-01'), 'SIGSTOP');
    const status = await untilStatus(site, (now) => machine(now, 'core-01').state === 'lost');
    expect(machine(status, 'core-01').reason).toContain('no sign of life');
    const up = await site.muster('up', 'core-01');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect((await site.status()).state).toBe('ok');
  });

  test('the state is private to its owner', async () => {
    expect((await stat(join(site.folder, '.muster'))).mode & 0o777).toBe(0o700);
    const control = JSON.parse(await readFile(join(site.folder, '.muster/control.json'), 'utf8'));
    expect(control.pid).toBeGreaterThan(1);
  });

  test('down leaves no process, up brings the same cluster back, destroy leaves nothing', async () => {
    const before = await site.status();
    await site.muster('set', '/kept', 'yes');
    expect(await site.muster('down')).toMatchObject({ code: 0 });
    expect(await site.processes()).toEqual([]);
    expect((await site.status()).state).toBe('down');
    expect(await site.muster('down')).toMatchObject({ code: 0, stdout: 'nothing to do: it is down\n' });
    expect(await site.muster('up')).toMatchObject({ code: 0 });
    expect((await site.muster('get', '/kept')).stdout).toBe('yes\n');
    const after = await site.status();
    expect(after.machines.map(({ id, privateIp }) => [id, privateIp])).toEqual(
      before.machines.map(({ id, privateIp }) => [id, privateIp]),
    );
    const refused = await site.muster('destroy');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('--yes');
    expect(await site.muster('destroy', '--yes')).toMatchObject({ code: 0 });
    expect(await site.processes()).toEqual([]);
    await expect(stat(join(site.folder, '.muster'))).rejects.toThrow();
  });
});

function muster(): string {
  return join(import.meta.dirname, '../../bin/muster');
}
