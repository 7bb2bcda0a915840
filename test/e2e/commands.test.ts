// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { commands, flatten } from '../../src/cli/index.js';
import { openSite, untilStatus } from './harness.js';

const program = resolve('bin/muster');

describe('commands that need no cluster', () => {
  test('each has help with examples', async () => {
    await using site = await openSite();
    const overview = (await site.muster('--help')).stdout;
    for (const { name } of commands) expect(overview).toContain(name);
    for (const [words, { summary }] of flatten(commands)) {
      const help = await site.muster(...words.split(' '), '--help');
      expect(help, words).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: muster ${words}`);
      expect(help.stdout).toContain('Examples:');
      expect(summary.length).toBeLessThan(60);
    }
  });

  test('init writes two files that up takes, and never replaces what is there', async () => {
    await using site = await openSite();
    const first = await site.muster('init', 'site', '--name', 'edge-7');
    expect(first).toMatchObject({ code: 0 });
    const again = await site.muster('init', 'site');
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('--force');
    const file = await readFile(join(site.folder, 'site/cluster.yaml'), 'utf8');
    expect(file).toContain('name: edge-7');
    expect((await site.muster('init', 'other', '--name', 'Not A Name')).code).toBe(2);
    const status = await site.muster('status', '-f', 'site/cluster.yaml', '-o', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject({ cluster: 'edge-7', state: 'down' });
  });

  test('up refuses user-data that cannot work as a whole, before anything is started', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'name: whole\nuserData: user-data\nmachines: [{name: core-01}]\n');
    const etcd2 = 'etcd2: {name: a, initial-cluster: "b=http://10.0.0.1:2380"}';
    const units = 'units: [{name: web.service, command: start}]';
    await site.write('user-data', `#cloud-config\ncoreos:\n  ${etcd2}\n  ${units}\n`);
    const refused = await site.muster('up');
    expect(refused.code).not.toBe(0);
    const { stdout } = await site.muster('config', 'validate', 'user-data');
    const told = stdout.split('\n').filter((line) => /: (error|warning):/.test(line));
    expect(told).toHaveLength(2);
    for (const line of told) expect(refused.stderr).toContain(line);
    expect(await site.processes()).toEqual([]);
  });

  test('schema is JSON Schema that names every field', async () => {
    await using site = await openSite();
    const schema = JSON.parse((await site.muster('schema')).stdout);
    expect(Object.keys(schema.properties).sort()).toEqual(
      [
        ...['agentTtl', 'backup', 'control', 'domain', 'image', 'machines', 'name', 'profiles', 'provider'],
        ...['rebootLock', 'store', 'userData'],
      ].sort(),
    );
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s names every command', async (shell) => {
    await using site = await openSite();
    const script = await site.muster('completion', shell);
    expect(script).toMatchObject({ code: 0, stderr: '' });
    for (const { name } of commands) expect(script.stdout).toContain(name);
  });

  test('completion for bash completes commands, flags and machines', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: [{name: alpha}]\n');
    const complete = (words: string) =>
      site.run('bash', [
        '-c',
        `PATH=${resolve('bin')}:$PATH; source <(muster completion bash); COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _muster; echo "\${COMPREPLY[@]}"`,
      ]);
    expect((await complete('muster sta')).stdout).toBe('status\n');
    expect((await complete('muster status --o')).stdout).toBe('--output\n');
  });

  test('version, and the program works from any folder', async () => {
    await using site = await openSite();
    const version = await site.run(program, ['version', '-o', 'json'], { cwd: '/' });
    expect(JSON.parse(version.stdout)).toMatchObject({ muster: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });
});

describe('a cluster file', () => {
  test('names, roles, metadata, addresses, and user-data of one machine', async () => {
    await using site = await openSite();
    await site.write(
      'cluster.yaml',
      [
        'name: rack',
        'domain: example.org',
        'agentTtl: 3s',
        'userData: user-data',
        'machines:',
        '  - name: alpha',
        '    mac: AA-BB-CC-DD-EE-01',
        '    uuid: 9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a',
        '    metadata: {rack: a1, disk: ssd}',
        '    publicIpv4: 192.0.2.1',
        '  - name: beta',
        '    role: proxy',
        '    userData: {hostname: second}',
        '',
      ].join('\n'),
    );
    await site.write(
      'user-data',
      '#cloud-config\nwrite_files:\n  - path: /etc/who\n    content: $private_ipv4 $public_ipv4\n',
    );
    const up = await site.muster('up');
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const { machines } = await site.status();
    expect(machines).toMatchObject([
      {
        name: 'alpha',
        id: '9b5c0d5e2f0e4c1a8a3e0f1e2d3c4b5a',
        role: 'member',
        publicIp: '192.0.2.1',
        metadata: { rack: 'a1', disk: 'ssd' },
      },
      { name: 'beta', role: 'proxy', metadata: {} },
    ]);
    const inside = async (name: string, file: string) =>
      (await site.muster('ssh', name, '--', `cat $MUSTER_ROOT${file}`)).stdout;
    expect(await inside('alpha', '/etc/who')).toBe(`${machines[0]?.privateIp} 192.0.2.1`);
    expect(await inside('alpha', '/etc/hostname')).toBe('alpha.example.org\n');
    expect(await inside('beta', '/etc/hostname')).toBe('second\n');
    const object = await site.muster('get', `/_coreos.com/fleet/machines/${machines[0]?.id}/object`);
    expect(JSON.parse(object.stdout)).toMatchObject({
      PublicIP: '192.0.2.1',
      Metadata: { rack: 'a1', disk: 'ssd' },
    });
  });

  test('that changes: what is new comes up, what is gone goes, what needs a restart is refused', async () => {
    await using site = await openSite();
    await site.write('cluster.yaml', 'machines: 2\n');
    expect((await site.muster('up')).code).toBe(0);
    await site.write('cluster.yaml', 'machines: [{name: core-02}, {name: extra}]\n');
    const changed = await site.muster('up');
    expect(changed, changed.stderr).toMatchObject({ code: 0 });
    const status = await untilStatus(site, ({ state }) => state === 'ok');
    expect(status.machines.map(({ name }) => name)).toEqual(['core-02', 'extra']);
    const commandsOf = (await site.processes()).map(({ command }) => command).join('\n');
    expect(commandsOf).not.toContain('/machines/core-01/');
    for (const changed of ['control: {port: 7999}', 'name: another']) {
      await site.write('cluster.yaml', `machines: 2\n${changed}\n`);
      const refused = await site.muster('up');
      expect(refused, changed).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain('run `muster down` and then `muster up`');
    }
  });
});

test('on a terminal, up shows live lines', async () => {
  await using site = await openSite();
  const up = await site.run('script', ['-qec', `stty cols 120; ${program} up`, '/dev/null']);
  expect(up).toMatchObject({ code: 0 });
  expect(up.stdout).toContain('\u001b');
  expect(stripVTControlCharacters(up.stdout)).toMatch(/✔ core-03 {2}joined/);
});
