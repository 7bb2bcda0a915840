// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { controlPid, kill, machine, openSite, pidOf, untilStatus } from './harness.js';

const exec = promisify(execFile);
const program = resolve('bin/muster');
const one = 'machines: 1\n';

describe('two commands at once', () => {
  test('two ups: both end well, and there is one control process', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    const results = await Promise.all([site.muster('up'), site.muster('up')]);
    expect(
      results.map(({ code }) => code),
      results.map(({ stderr }) => stderr).join(),
    ).toEqual([0, 0]);
    expect(await site.processes()).toHaveLength(2);
  });

  test.each([0, 150, 300, 600])('destroy %i ms into an up leaves nothing that runs', async (delay) => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    const up = site.start('up');
    await new Promise((later) => setTimeout(later, delay));
    const destroyed = await site.muster('destroy', '--yes');
    expect(destroyed, destroyed.stderr).toMatchObject({ code: 0 });
    // It does not wait for a machine that nobody wants any more.
    expect((await up.done).stderr).not.toContain('not there after');
    // Had the up only just begun, its cluster came after the destruction.
    await site.muster('destroy', '--yes');
    expect(await site.processes()).toEqual([]);
    const again = await site.muster('up');
    expect(again, again.stderr).toMatchObject({ code: 0 });
  });

  test('an up that is killed before the control process serves: the next one waits for it', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    const up = site.start('up');
    while (!(await site.processes()).some(({ command }) => / serve/.test(command)));
    kill(up.pid, 'SIGKILL');
    await up.done;
    const again = await site.muster('up');
    expect(again, again.stderr).toMatchObject({ code: 0 });
  });
});

describe('files that are not what they should be', () => {
  test('a cluster file that broke while the cluster runs: what runs can be looked at and stopped', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'name: mine\nmachines: 1\n');
    expect((await site.muster('up')).code).toBe(0);
    await site.write('cluster.yaml', 'machines: [\nfoo');
    expect((await site.muster('status')).code).toBe(0);
    expect((await site.muster('logs', 'core-01')).code).toBe(0);
    expect((await site.muster('ssh', 'core-01', '--', 'true')).code).toBe(0);
    expect((await site.muster('reboot', 'core-01')).code).toBe(0);
    expect((await site.muster('up')).code).toBe(1);
    expect((await site.muster('down')).code).toBe(0);
    expect(await site.processes()).toEqual([]);
    expect((await site.muster('destroy', '--yes')).code).toBe(0);
  });

  test('a damaged state folder says so, and destroy removes it with all that runs', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    expect((await site.muster('up')).code).toBe(0);
    await site.write('.muster/cluster.json', '{"clusterId": "0');
    const status = await site.muster('up');
    expect(status).toMatchObject({ code: 1 });
    expect(status.stderr).toContain('is damaged');
    expect((await site.muster('destroy', '--yes')).code).toBe(0);
    expect(await site.processes()).toEqual([]);
  });

  test('a record that is gone: destroy still finds what runs', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    expect((await site.muster('up')).code).toBe(0);
    await rm(join(site.folder, '.muster/cluster.json'));
    expect((await site.muster('destroy', '--yes')).code).toBe(0);
    expect(await site.processes()).toEqual([]);
  });

  test('two cluster files in one folder do not share their state', async () => {
    await using site = await openSite();
    await site.write('alpha.yaml', one);
    await site.write('beta.yaml', one);
    expect((await site.muster('up', '-f', 'alpha.yaml')).code).toBe(0);
    const other = await site.muster('up', '-f', 'beta.yaml');
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toContain('--file alpha.yaml');
    expect((await site.muster('destroy', '--yes', '-f', 'alpha.yaml')).code).toBe(0);
  });

  test('what the system refuses is one sentence', async () => {
    await using site = await openSite();
    const folder = await site.muster('up', '-f', '.');
    expect(folder).toMatchObject({ code: 1 });
    expect(folder.stderr).toMatch(/^error: cannot use .*: it is a folder/);
    const sealed = join(site.folder, 'sealed');
    await mkdir(sealed);
    await chmod(sealed, 0o555);
    if (process.getuid?.() !== 0) return;
    const nobody = (...args: readonly string[]) =>
      site.run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program, ...args], {
        cwd: sealed,
      });
    await chmod(site.folder, 0o755);
    for (const args of [['up'], ['init']]) {
      const refused = await nobody(...args);
      expect(refused, args.join()).toMatchObject({ code: 1 });
      expect(refused.stderr).toMatch(/^error: cannot use .*: this user may not/);
    }
  });

  test.runIf(process.getuid?.() === 0 || process.env.CI)(
    'a disk that is full: down and destroy work',
    async () => {
      await using site = await openSite();
      const disk = join(site.folder, 'disk');
      await mkdir(disk);
      await exec('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', disk]);
      const here = { cwd: disk };
      try {
        await writeFile(join(disk, 'cluster.yaml'), one);
        expect((await site.run(program, ['up'], here)).code).toBe(0);
        await writeFile(join(disk, 'filler'), Buffer.alloc(8 * 1024 * 1024)).catch(() => {});
        const down = await site.run(program, ['down'], here);
        expect(down, down.stderr).toMatchObject({ code: 0 });
        const destroyed = await site.run(program, ['destroy', '--yes'], here);
        expect(destroyed, destroyed.stderr).toMatchObject({ code: 0 });
        expect(await site.processes()).toEqual([]);
      } finally {
        for (const { pid } of await site.processes()) kill(pid, 'SIGKILL');
        await exec('umount', ['-l', disk]);
      }
    },
  );
});

describe('what others do', () => {
  test('two clusters whose files name the same machine leave each other alone', async () => {
    await using here = await openSite();
    await using there = await openSite();
    const file = 'machines: [{name: core-01, uuid: 9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a}]\n';
    for (const site of [here, there]) {
      await site.write('cluster.yaml', file);
      expect((await site.muster('up')).code).toBe(0);
    }
    const pid = await pidOf(here, 'core-01');
    expect((await there.muster('reboot', 'core-01')).code).toBe(0);
    expect((await there.muster('destroy', '--yes')).code).toBe(0);
    expect(await pidOf(here, 'core-01')).toBe(pid);
    expect((await here.status()).state).toBe('ok');
  });

  test('a control process that hangs while it starts: ^C ends the up, and the process', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    const up = site.start('up');
    while (!(await site.processes()).some(({ command }) => / serve/.test(command)));
    kill(await controlPid(site), 'SIGSTOP');
    kill(up.pid, 'SIGINT');
    expect(await up.done).toMatchObject({ code: 130 });
    expect(await site.processes()).toEqual([]);
  });

  test('a control process that hangs is named, with what to do', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    expect((await site.muster('up')).code).toBe(0);
    const control = await controlPid(site);
    kill(control, 'SIGSTOP');
    const refused = await site.muster('get', '/a');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`the control process ${control} does not answer`);
    kill(control, 'SIGCONT');
    expect((await site.muster('set', '/a', '1')).code).toBe(0);
  });

  test('all keys deleted by hand: machines announce themselves again, and up mends the rest', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    expect((await site.muster('up')).code).toBe(0);
    const { endpoints } = await site.status();
    const wiped = await site.run('etcdctl', [`--endpoints=${endpoints.etcd}`, 'del', '--prefix', '/']);
    expect(wiped.code).toBe(0);
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    await untilStatus(site, ({ state }) => state === 'ok');
  });

  test('one machine’s key deleted by hand: it is back by itself', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', one);
    expect((await site.muster('up')).code).toBe(0);
    const before = await site.status();
    const key = `/_coreos.com/fleet/machines/${machine(before, 'core-01').id}/object`;
    await new Promise((later) => setTimeout(later, 1_500));
    expect((await site.muster('rm', key)).code).toBe(0);
    await untilStatus(
      site,
      (now) => machine(now, 'core-01').since > machine(before, 'core-01').since && now.state === 'ok',
    );
  });

  test('a reader that goes away early is no error', async () => {
    await using site = await openSite();
    const piped = await site.run('bash', ['-c', `set -o pipefail; ${program} schema | head -1`]);
    expect(piped).toMatchObject({ code: 0, stdout: '{\n', stderr: '' });
  });

  test('an explicit cluster file wins over the environment', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: 1\ncontrol: {etcdPort: 12379}\n');
    expect((await site.muster('up')).code).toBe(0);
    const env = { ETCDCTL_ENDPOINTS: 'http://127.0.0.1:9' };
    const put = await site.run(program, ['set', '/a', '1', '-f', 'cluster.yaml'], { env });
    expect(put, put.stderr).toMatchObject({ code: 0 });
    const inside = await site.muster('ssh', 'core-01', '--', 'etcdctl get --print-value-only /a');
    expect(inside).toMatchObject({ code: 0, stdout: '1\n' });
    // What a listing hides is not removed with it.
    expect((await site.muster('rm', '-r', '/')).code).toBe(0);
    expect((await site.muster('status')).code).toBe(0);
  });
});
