// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listen } from '../../src/effects/index.js';
import { openSite, type Site } from './harness.js';

const userData = [
  '#cloud-config',
  'hostname: box',
  'manage_etc_hosts: localhost',
  'users:',
  '  - name: web',
  '    passwd: $6$abc',
  '    ssh_authorized_keys: [ssh-ed25519 AAAA web@x]',
  'write_files:',
  '  - path: /opt/bin/tool',
  "    permissions: '4755'",
  '    content: at $private_ipv4',
  '  - path: /var/spool/drop/readme',
  "    permissions: '1666'",
  '    content: x',
  'coreos:',
  '  etcd2:',
  '    name: box',
  '  units:',
  '    - name: a.service',
  '      enable: true',
  '      command: start',
  '      content: |',
  '        [Service]',
  '        ExecStart=/bin/true',
  '        [Install]',
  '        WantedBy=multi-user.target',
  '    - name: b.service',
  '      mask: true',
  '',
].join('\n');

async function applied(site: Site, ...args: readonly string[]) {
  const result = await site.run('env', [
    'COREOS_PRIVATE_IPV4=10.1.2.3',
    ...muster,
    'config',
    'apply',
    ...args,
  ]);
  return { ...result, lines: result.stdout.split('\n').filter((line) => line !== '') };
}

const muster = [join(process.cwd(), 'bin/muster')];

describe('a system below a folder', () => {
  test('is planned first, then changed, then left alone', async () => {
    await using site = await openSite();
    await site.write('user-data', userData);
    const root = join(site.folder, 'root');

    const planned = await applied(site, 'user-data', '--root', 'root', '--dry-run');
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.lines[0]).toBe('planned   set the host name box (hostname: /etc/hostname says another)');
    expect(planned.lines).toContain('planned   write /opt/bin/tool (write_files[0]: it is missing)');
    expect(planned.lines.at(-2)).toMatch(/^left {6}start a\.service/);
    expect(await lstat(root).catch(() => 'nothing')).toBe('nothing');

    const first = await applied(site, 'user-data', '--root', 'root');
    expect(first.code).toBe(0);
    expect(first.lines.filter((line) => line.startsWith('done'))).toHaveLength(
      planned.lines.filter((line) => line.startsWith('planned')).length,
    );
    const text = (path: string) => readFile(join(root, path), 'utf8');
    expect(await text('opt/bin/tool')).toBe('at 10.1.2.3');
    expect((await lstat(join(root, 'opt/bin/tool'))).mode & 0o7777).toBe(0o4755);
    expect((await lstat(join(root, 'var/spool/drop/readme'))).mode & 0o7777).toBe(0o1666);
    expect(await text('etc/hosts')).toBe('127.0.0.1 box\n');
    expect(await text('etc/environment')).toBe('COREOS_PRIVATE_IPV4=10.1.2.3\n');
    expect(await text('etc/passwd')).toContain('web:x:1000:');
    expect(await text('etc/shadow')).toContain('web:$6$abc:');
    expect(await text('home/web/.ssh/authorized_keys')).toBe('ssh-ed25519 AAAA web@x\n');
    expect(await readlink(join(root, 'etc/systemd/system/b.service'))).toBe('/dev/null');
    // systemctl itself sees it so.
    const enabled = await site.run('systemctl', [`--root=${root}`, 'is-enabled', 'a.service', 'b.service']);
    expect(enabled.stdout).toBe('enabled\nmasked\n');

    const second = await applied(site, 'user-data', '--root', 'root');
    expect(second.lines.at(-1)).toBe('nothing to do');

    await writeFile(join(root, 'opt/bin/tool'), 'changed by hand');
    const third = await applied(site, 'user-data', '--root', 'root', '-o', 'json');
    expect(JSON.parse(third.stdout)).toMatchObject({
      steps: [{ action: 'write /opt/bin/tool', why: 'its content differs', outcome: 'done' }],
    });
  });

  test('a step that fails is told, the others are done', async () => {
    await using site = await openSite();
    await site.write('user-data', userData);
    await mkdir(join(site.folder, 'root/opt/bin/tool'), { recursive: true });
    const result = await applied(site, 'user-data', '--root', 'root');
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('failed    write /opt/bin/tool');
    expect(result.stdout).toContain('cannot write "/opt/bin/tool": a directory is there');
    expect(result.lines.at(-1)).toMatch(/^\d+ done, 1 failed$/);
    expect(await readFile(join(site.folder, 'root/etc/hosts'), 'utf8')).toBe('127.0.0.1 box\n');
  });

  test('no link leads out of it', async () => {
    await using site = await openSite();
    await site.write('user-data', userData);
    const outside = join(site.folder, 'outside');
    const root = join(site.folder, 'root');
    await mkdir(outside);
    await mkdir(root);
    for (const name of ['etc', 'opt', 'home']) await symlink(outside, join(root, name));
    await symlink('../outside', join(root, 'var'));
    await symlink(outside, join(root, 'run'));
    const result = await applied(site, 'user-data', '--root', 'root');
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('leads outside of the node root');
    expect(await readdir(outside)).toEqual([]);
  });

  test('bad user-data changes nothing', async () => {
    await using site = await openSite();
    await site.write('user-data', '#cloud-config\nwrite_files:\n  - path: ../x\n');
    const result = await applied(site, 'user-data', '--root', 'root');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('"../x" is not an absolute path');
    expect((await applied(site, 'user-data')).code).toBe(2);
    expect((await applied(site, '--root', 'root')).code).toBe(2);
  });
});

describe('user-data from a server', () => {
  test('is asked for again after a failure, and not after a refusal', async () => {
    await using site = await openSite();
    const asked: string[] = [];
    const server = await listen(
      async (request) => {
        const { pathname } = new URL(request.url);
        asked.push(pathname);
        if (pathname === '/gone') return new Response('', { status: 404 });
        return asked.length < 3
          ? new Response('', { status: 503 })
          : new Response('#cloud-config\nhostname: far\n');
      },
      { host: '127.0.0.1', port: 0 },
    );
    try {
      const good = await applied(site, '--from-url', `${server.url}/good`, '--root', 'root');
      expect(good).toMatchObject({ code: 0 });
      expect(asked).toEqual(['/good', '/good', '/good']);
      expect(await readFile(join(site.folder, 'root/etc/hostname'), 'utf8')).toBe('far\n');
      const gone = await applied(site, '--from-url', `${server.url}/gone`, '--root', 'root');
      expect(gone.code).toBe(1);
      expect(gone.stderr).toContain('[agent/user-data-refused]');
      expect(asked.filter((path) => path === '/gone')).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  test('over TLS counts only with the authority that is pinned', async () => {
    await using site = await openSite();
    const [key, cert] = [join(site.folder, 'key.pem'), join(site.folder, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const options = { key: await readFile(key), cert: await readFile(cert) };
    const server = createServer(options, (_request, answer) => answer.end('#cloud-config\nhostname: safe\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const from = ['--from-url', `https://127.0.0.1:${port}/`, '--root', 'root'];
      expect(await applied(site, ...from, '--ca-file', cert)).toMatchObject({ code: 0 });
      expect(await readFile(join(site.folder, 'root/etc/hostname'), 'utf8')).toBe('safe\n');
      const distrusting = site.start('config', 'apply', ...from);
      await distrusting.saw('cannot fetch user-data yet: self-signed certificate');
      process.kill(distrusting.pid, 'SIGTERM');
      expect((await distrusting.done).code).toBe(130);
      const orders = `cloud-config-url=https://127.0.0.1:${port}/ muster.etcd=http://127.0.0.1:1`;
      const agent = ['agent', '--command-line', `${orders} systemd.machine_id=${'5'.repeat(32)}`, '--root'];
      const machine = site.start(...agent, 'node', '--ca-file', cert);
      await machine.saw('"kind":"set-hostname"');
      expect(await readFile(join(site.folder, 'node/etc/hostname'), 'utf8')).toBe('safe\n');
      const doubting = site.start(...agent, 'other');
      await doubting.saw('self-signed certificate');
      for (const { pid } of [machine, doubting]) process.kill(pid, 'SIGTERM');
      for (const { done } of [machine, doubting]) expect((await done).code).toBe(0);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
