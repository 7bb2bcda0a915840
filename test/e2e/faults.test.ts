// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { controlPid, kill, machine, openSite, pidOf, untilStatus } from './harness.js';

const exec = promisify(execFile);

describe('what is wrong is said before anything starts', () => {
  test('a cluster file: every problem at once, with its line', async () => {
    await using site = await openSite();
    await site.write(
      'cluster.yaml',
      [
        'name: Bad Name',
        'machnes: 3',
        'machines:',
        '  - name: a',
        '    mac: nonsense',
        '  - name: a',
        '',
      ].join('\n'),
    );
    const up = await site.muster('up');
    expect(up).toMatchObject({ code: 1, stdout: '' });
    expect(up.stderr).toMatch(/^cluster\.yaml:1:7: error: /m);
    expect(up.stderr).toMatch(/^cluster\.yaml:2:1: error: .*machnes/m);
    expect(up.stderr).toMatch(/^cluster\.yaml:5:10: error: .*nonsense/m);
    expect(up.stderr).toMatch(/^cluster\.yaml:6:\d+: error: /m);
    expect(await site.processes()).toEqual([]);
    await expect(stat(join(site.folder, '.muster'))).rejects.toThrow();
  });

  test('user-data: with the file’s name and line', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'userData: my-data\n');
    expect((await site.muster('up')).stderr).toContain('cannot read the user-data file "my-data"');
    await site.write(
      'my-data',
      '#cloud-config\ncoreos:\n  units:\n    - name: x.service\n      command: fly\n',
    );
    const up = await site.muster('up');
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/^my-data:5:16: error: .*"fly"/m);
    expect(await site.processes()).toEqual([]);
  });

  test('wrong usage is exit code 2 and names the next step', async () => {
    await using site = await openSite();
    expect(await site.muster('upp')).toMatchObject({ code: 2 });
    expect((await site.muster('upp')).stderr).toContain('up');
    expect(await site.muster('up', '--timeout', 'soon')).toMatchObject({ code: 2 });
    expect(await site.muster('status', '-o', 'xml')).toMatchObject({ code: 2 });
    expect(await site.muster('up', '-f', 'nowhere.yaml')).toMatchObject({ code: 1 });
    const unknown = await site.muster('up', 'core-99');
    expect(unknown).toMatchObject({ code: 1 });
    expect(unknown.stderr).toContain('core-01, core-02, core-03');
    expect((await site.muster('get', '/a')).stderr).toContain('start the cluster with `muster up`');
  });
});

describe('one control process per cluster', () => {
  test('a second one is refused by the name of the first', async () => {
    await using site = await openSite();
    const first = site.start('serve');
    await first.saw('"msg":"ready"');
    const second = await site.muster('serve');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`cluster "muster" already runs for this folder, as process ${first.pid}`);
    kill(first.pid, 'SIGTERM');
    expect(await first.done).toMatchObject({ code: 0 });
    expect(await site.processes()).toEqual([]);
  });

  test('two clusters on one computer do not meet', async () => {
    await using one = await openSite();
    await using other = await openSite();
    const ups = await Promise.all([one.muster('up'), other.muster('up')]);
    expect(ups.map(({ code }) => code)).toEqual([0, 0]);
    const [first, second] = await Promise.all([one.status(), other.status()]);
    const addresses = [...first.machines, ...second.machines].map(({ privateIp }) => privateIp);
    expect(new Set([...addresses, first.endpoints.control, second.endpoints.control]).size).toBe(8);
    expect(new Set([...first.machines, ...second.machines].map(({ id }) => id)).size).toBe(6);
  });
});

describe('processes that are killed', () => {
  test('the control process: machines go on, up takes them over, nothing is lost', async () => {
    await using site = await openSite();
    expect((await site.muster('up')).code).toBe(0);
    const before = await site.status();
    await site.muster('set', '/kept', 'yes');
    const machines = await Promise.all(['core-01', 'core-02', 'core-03'].map((name) => pidOf(site, name)));
    kill(await controlPid(site), 'SIGKILL');
    const away = await site.muster('status', '-o', 'json');
    expect(JSON.parse(away.stdout)).toMatchObject({ state: 'down' });
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const after = await untilStatus(site, ({ state }) => state === 'ok');
    expect(after.machines.map(({ id }) => id)).toEqual(before.machines.map(({ id }) => id));
    expect(await Promise.all(['core-01', 'core-02', 'core-03'].map((name) => pidOf(site, name)))).toEqual(
      machines,
    );
    expect((await site.muster('get', '/kept')).stdout).toBe('yes\n');
  });

  test('a machine: its units die with it', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: 1\nuserData: user-data\n');
    await site.write('user-data', unitData);
    expect((await site.muster('up')).code).toBe(0);
    await untilStatus(site, (now) => machine(now, 'core-01').units.some(({ sub }) => sub === 'running'));
    const isUnit = ({ command }: { command: string }) => command.startsWith('/bin/sleep 100000');
    expect((await site.processes()).filter(isUnit)).toHaveLength(1);
    kill(await pidOf(site, 'core-01'), 'SIGKILL');
    await untilStatus(site, (now) => machine(now, 'core-01').state === 'lost');
    expect((await site.processes()).filter(isUnit)).toEqual([]);
    expect((await site.muster('up')).code).toBe(0);
    await untilStatus(site, (now) => machine(now, 'core-01').units.some(({ sub }) => sub === 'running'));
    expect((await site.processes()).filter(isUnit)).toHaveLength(1);
  });

  test('a unit: its supervisor starts it again', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: 1\nuserData: user-data\n');
    await site.write('user-data', unitData);
    expect((await site.muster('up')).code).toBe(0);
    const find = async () =>
      (await site.processes()).find(({ command }) => command.startsWith('/bin/sleep 100000'))?.pid ?? 0;
    await untilStatus(site, (now) => machine(now, 'core-01').units.some(({ sub }) => sub === 'running'));
    const first = await find();
    kill(first, 'SIGKILL');
    await untilAsync(async () => ![0, first].includes(await find()));
  });

  test('everything at once, then up', async () => {
    await using site = await openSite();
    expect((await site.muster('up')).code).toBe(0);
    await site.muster('set', '/kept', 'yes');
    for (const { pid } of await site.processes()) kill(pid, 'SIGKILL');
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect((await site.muster('get', '/kept')).stdout).toBe('yes\n');
    expect((await site.processes()).length).toBe(4);
  });

  test('everything at once, then destroy', async () => {
    await using site = await openSite();
    expect((await site.muster('up')).code).toBe(0);
    for (const { pid, command } of await site.processes()) if (/ serve/.test(command)) kill(pid, 'SIGKILL');
    expect(await site.muster('destroy', '--yes')).toMatchObject({ code: 0 });
    expect(await site.processes()).toEqual([]);
    expect((await readdir(site.folder)).includes('.muster')).toBe(false);
  });
});

describe('interruptions', () => {
  test.each(['control', 'machines'])(
    '^C in the middle of up (%s): nothing is left running, and up works afterwards',
    async (stage) => {
      await using site = await openSite();
      const up = site.start('up');
      if (stage === 'machines') await up.saw('core-01  ');
      else
        await untilAsync(async () => (await site.processes()).some(({ command }) => / serve/.test(command)));
      kill(up.pid, 'SIGINT');
      const result = await up.done;
      expect(result).toMatchObject({ code: 130 });
      expect(result.stderr).toContain('interrupted');
      expect(await site.processes()).toEqual([]);
      const again = await site.muster('up');
      expect(again, again.stderr).toMatchObject({ code: 0 });
      expect((await site.status()).state).toBe('ok');
    },
  );

  test('kill -9 of up itself: the machines come up, up and destroy work', async () => {
    await using site = await openSite();
    const up = site.start('up');
    await up.saw('core-01  ');
    kill(up.pid, 'SIGKILL');
    await up.done;
    const again = await site.muster('up');
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect((await site.processes()).length).toBe(4);
  });
});

describe('what the computer refuses', () => {
  test('a port that is taken: one clear sentence, and nothing is left', async () => {
    await using site = await openSite();
    await using taken = await takePort();
    await site.write('cluster.yaml', `control:\n  address: 127.0.0.1\n  port: ${taken.port}\n`);
    const up = await site.muster('up');
    expect(up).toMatchObject({ code: 1 });
    expect(up.stderr).toContain(`cannot listen on 127.0.0.1:${taken.port}: the port is already taken`);
    expect(up.stderr).toContain('control.port');
    expect(await site.processes()).toEqual([]);
  });

  test('a machine that never answers: named, with the reason, and exit code 1', async () => {
    await using site = await openSite();
    expect((await site.muster('up')).code).toBe(0);
    const control = await controlPid(site);
    expect((await site.muster('down', 'core-02')).code).toBe(0);
    const up = site.start('up', 'core-02', '--timeout', '3');
    await untilAsync(async () =>
      (await site.processes()).some(({ command }) => command.includes('core-02/root')),
    );
    kill(await pidOf(site, 'core-02'), 'SIGSTOP');
    const result = await up.done;
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toMatch(/error: core-02 did not join: not there after 3 s/);
    expect(await controlPid(site)).toBe(control);
  });

  test('a state folder that is open to others is refused', async () => {
    await using site = await openSite();
    await mkdir(join(site.folder, '.muster'), { mode: 0o755 });
    const up = await site.muster('up');
    expect(up).toMatchObject({ code: 1 });
    expect(up.stderr).toContain('chmod -R go-rwx');
    await exec('chmod', ['-R', 'go-rwx', join(site.folder, '.muster')]);
    expect((await site.muster('up')).code).toBe(0);
  });

  test.runIf(process.getuid?.() === 0 || process.env.CI)(
    'a full disk: refused clearly, nothing corrupt, up works after',
    async () => {
      await using site = await openSite();
      const disk = join(site.folder, 'disk');
      await mkdir(disk);
      await exec('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', disk]);
      try {
        const here = { cwd: disk };
        const muster = join(import.meta.dirname, '../../bin/muster');
        const up = await site.run(muster, ['up'], here);
        expect(up, up.stderr).toMatchObject({ code: 0 });
        expect((await site.run(muster, ['set', '/kept', 'yes'], here)).code).toBe(0);
        await writeFile(join(disk, 'filler'), Buffer.alloc(64 * 1024 * 1024)).catch(() => {});
        const value = 'x'.repeat(60_000);
        let refused = await site.run(muster, ['set', '/big', value], here);
        for (let round = 0; refused.code === 0 && round < 200; round += 1) {
          refused = await site.run(muster, ['set', `/big/${round}`, value], here);
        }
        expect(refused).toMatchObject({ code: 1 });
        expect(refused.stderr).toMatch(/disk|space/);
        const kept = await site.run(muster, ['get', '/kept'], here);
        expect(kept, kept.stderr).toMatchObject({ stdout: 'yes\n' });
        await exec('rm', [join(disk, 'filler')]);
        const again = await site.run(muster, ['up'], here);
        expect(again, again.stderr).toMatchObject({ code: 0 });
        expect((await site.run(muster, ['set', '/after', 'works'], here)).code).toBe(0);
        expect((await site.run(muster, ['get', '/kept'], here)).stdout).toBe('yes\n');
        expect((await site.run(muster, ['destroy', '--yes'], here)).code).toBe(0);
      } finally {
        for (const { pid } of await site.processes()) kill(pid, 'SIGKILL');
        await exec('umount', ['-l', disk]);
      }
    },
  );
});

const unitData = `#cloud-config
coreos:
  units:
    - name: hello.service
      command: start
      content: |
        [Service]
        ExecStart=/bin/sleep 100000
        Restart=always
`;

async function untilAsync(holds: () => Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(30_000);
  while (!(await holds())) {
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function takePort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
