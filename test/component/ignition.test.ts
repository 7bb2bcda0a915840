// SPDX-License-Identifier: Apache-2.0

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertUserData, parseIgnition } from '../../src/cloudconfig/index.js';

/** Ignition 2.14 of Debian, of which `npm test` unpacks the package: it reads spec 3.0 to 3.3. */
const programs = join(import.meta.dirname, '../../.cache/debian/usr');
const validator = join(programs, 'bin/ignition-validate');
const ignition = join(programs, 'lib/dracut/modules.d/30ignition/ignition');
const isRoot = process.getuid?.() === 0;
const golden = join(import.meta.dirname, '../golden/convert');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-ignition-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function validate(text: string): { readonly code: number | null; readonly said: string } {
  const file = join(folder, 'config.ign');
  writeFileSync(file, text);
  const run = spawnSync(validator, [file], { encoding: 'utf8' });
  return { code: run.status, said: `${run.stdout}${run.stderr}` };
}

const ownTexts = readdirSync(golden).filter((name) => /^[a-z]+\.yaml$/.test(name));

describe.runIf(existsSync(validator))('what is converted', () => {
  it.each(ownTexts.flatMap((name) => [[name, 'flatcar'] as const, [name, 'fcos'] as const]))(
    '%s for %s is taken by stock Ignition without a word',
    (name, variant) => {
      const made = convertUserData(readFileSync(join(golden, name), 'utf8'), { to: 'ignition', variant });
      expect(made.kind === 'ok' && validate(made.text)).toEqual({ code: 0, said: '' });
    },
  );

  it('any content of a file arrives as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const content = Buffer.from(bytes).toString('base64');
        const text = `#cloud-config\nwrite_files:\n  - path: /x\n    encoding: base64\n    content: '${content}'\n`;
        const made = convertUserData(text, { to: 'ignition', variant: 'flatcar' });
        expect(made.kind === 'ok' && validate(made.text)).toEqual({ code: 0, said: '' });
      }),
      { numRuns: 50 },
    );
  });
});

/** Configs of which each has one thing that Ignition looks at. */
const cases: readonly (readonly [name: string, config: unknown])[] = [
  ['nothing', {}],
  ['no version', { ignition: {} }],
  ['an unknown version', { ignition: { version: '3.99.0' } }],
  ['spec 3.0', { ignition: { version: '3.0.0' } }],
  ['a version that is a number', { ignition: { version: 3 } }],
  ['an unknown key', { bogus: 1 }],
  ['files that are no list', { storage: { files: {} } }],
  ['a relative path', { storage: { files: [{ path: 'etc/x' }] } }],
  ['a path that is not clean', { storage: { files: [{ path: '/etc//x' }] } }],
  ['a path with dots', { storage: { files: [{ path: '/etc/../x' }] } }],
  ['the root as a path', { storage: { directories: [{ path: '/' }] } }],
  ['no path', { storage: { files: [{}] } }],
  ['a mode as text', { storage: { files: [{ path: '/x', mode: '0644' }] } }],
  ['a mode too large', { storage: { files: [{ path: '/x', mode: 0o10000 }] } }],
  ['a negative mode', { storage: { files: [{ path: '/x', mode: -1 }] } }],
  ['a mode with a fraction', { storage: { files: [{ path: '/x', mode: 1.5 }] } }],
  ['setuid', { storage: { files: [{ path: '/x', mode: 0o4755 }] } }],
  ['overwriting with nothing', { storage: { files: [{ path: '/x', overwrite: true }] } }],
  ['an unknown scheme', { storage: { files: [{ path: '/x', contents: { source: 'ftp://a/b' } }] } }],
  ['bad base64', { storage: { files: [{ path: '/x', contents: { source: 'data:;base64,*' } }] } }],
  ['a data URL without a comma', { storage: { files: [{ path: '/x', contents: { source: 'data:x' } }] } }],
  ['bad percent signs', { storage: { files: [{ path: '/x', contents: { source: 'data:,%zz' } }] } }],
  [
    'an unknown compression',
    { storage: { files: [{ path: '/x', contents: { source: 'data:,x', compression: 'xz' } }] } },
  ],
  [
    'a hash of nothing',
    {
      storage: { files: [{ path: '/x', contents: { verification: { hash: `sha256-${'0'.repeat(64)}` } } }] },
    },
  ],
  [
    'a short hash',
    {
      storage: {
        files: [{ path: '/x', contents: { source: 'data:,x', verification: { hash: 'sha256-00' } } }],
      },
    },
  ],
  [
    'headers for data',
    {
      storage: {
        files: [{ path: '/x', contents: { source: 'data:,x', httpHeaders: [{ name: 'a', value: 'b' }] } }],
      },
    },
  ],
  ['an owner by both', { storage: { files: [{ path: '/x', user: { id: 1, name: 'a' } }] } }],
  ['a file twice', { storage: { files: [{ path: '/x' }, { path: '/x' }] } }],
  ['a file and a directory', { storage: { files: [{ path: '/x' }], directories: [{ path: '/x' }] } }],
  ['a file below a link', { storage: { files: [{ path: '/a/x' }], links: [{ path: '/a', target: '/b' }] } }],
  ['a link to nowhere', { storage: { links: [{ path: '/a' }] } }],
  ['a unit without a kind', { systemd: { units: [{ name: 'a' }] } }],
  ['a unit without a name', { systemd: { units: [{}] } }],
  ['a network unit', { systemd: { units: [{ name: 'a.network' }] } }],
  ['a unit twice', { systemd: { units: [{ name: 'a.service' }, { name: 'a.service' }] } }],
  [
    'enabled without [Install]',
    { systemd: { units: [{ name: 'a.service', enabled: true, contents: '[Service]\n' }] } },
  ],
  ['a drop-in without .conf', { systemd: { units: [{ name: 'a.service', dropins: [{ name: 'x' }] }] } }],
  ['a user twice', { passwd: { users: [{ name: 'a' }, { name: 'a' }] } }],
  ['a key as a number', { passwd: { users: [{ name: 'a', sshAuthorizedKeys: [1] }] } }],
  ['an unknown file system', { storage: { filesystems: [{ device: '/dev/sda', format: 'zfs' }] } }],
  ['kernel arguments', { kernelArguments: { shouldExist: ['a'] } }],
  [
    'kernel arguments before 3.3',
    { ignition: { version: '3.2.0' }, kernelArguments: { shouldExist: ['a'] } },
  ],
  ['merging nothing', { ignition: { version: '3.3.0', config: { merge: [{}] } } }],
  [
    'a level of RAID',
    { storage: { raid: [{ name: 'md', level: 'raid1', devices: ['/dev/sda', '/dev/sdb'] }] } },
  ],
];

/** Ignition names the first of two, or the list, where muster names the second; the unit's text where muster names the switch. */
const namedElsewhere = new Set([
  'a file twice',
  'a file and a directory',
  'a file below a link',
  'a unit twice',
  'a user twice',
  'enabled without [Install]',
]);

describe.runIf(existsSync(validator))('stock Ignition and muster agree on', () => {
  it.each(cases)('%s', (name, config) => {
    const text = JSON.stringify({ ignition: { version: '3.3.0' }, ...Object(config) }, undefined, 2);
    const stock = validate(text);
    const own = parseIgnition(text);
    expect({ isGood: own.kind === 'ok', isSilent: own.issues.length === 0, ...stock }).toMatchObject({
      isGood: stock.code === 0,
      isSilent: stock.said === '',
    });
    if (namedElsewhere.has(name)) return;
    const lines = [...stock.said.matchAll(/^(?:error|warning) at \S+, line (\d+)/gm)].map(([, line]) =>
      Number(line),
    );
    for (const line of lines) expect(own.issues.map((issue) => issue.line)).toContain(line);
  });
});

describe.runIf(isRoot && existsSync(ignition))('applied by stock Ignition', () => {
  function apply(text: string): string {
    const root = mkdtempSync(join(folder, 'root-'));
    mkdirSync(join(root, 'etc'));
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\ncore:x:500:500::/home/core:/bin/sh\n',
    );
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\ncore:x:500:\n');
    const config = `${root}.ign`;
    writeFileSync(config, text);
    const common = [
      '--platform',
      'file',
      '--root',
      root,
      '--config-cache',
      `${root}.cache`,
      '--state-file',
      `${root}.state`,
    ];
    for (const stage of ['fetch', 'files']) {
      const run = spawnSync(
        ignition,
        [...common, '--neednet', `${root}.neednet`, '--log-to-stdout', '--stage', stage],
        {
          encoding: 'utf8',
          env: { ...process.env, IGNITION_CONFIG_FILE: config },
        },
      );
      // Debian's build sets SELinux labels last of all, for which this root has no policy.
      const faults = run.stdout.split('\n').filter((line) => line.startsWith('CRITICAL'));
      expect(faults.filter((line) => !line.includes('failed to handle relabeling'))).toEqual([]);
    }
    return root;
  }

  function converted(text: string): string {
    const made = convertUserData(text, { to: 'ignition', variant: 'flatcar' });
    if (made.kind === 'bad') throw new Error(JSON.stringify(made.issues));
    return made.text;
  }

  it('files have their content, mode and owner, and take the place of what is there', () => {
    const root = apply(converted(readFileSync(join(golden, 'files.yaml'), 'utf8')));
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    const modeOf = (path: string) => (statSync(join(root, path)).mode & 0o7777).toString(8);
    expect(read('etc/motd')).toBe('first line\nsecond: "quoted" & 100%\n');
    expect(read('etc/packed')).toBe('abcd\n');
    expect(readFileSync(join(root, 'etc/blob'))).toEqual(Buffer.from([0, 1, 2, 3, 4, 5, 0xfe, 0xff]));
    expect(read('etc/empty')).toBe('');
    expect([modeOf('opt/bin/run'), modeOf('etc/ids'), modeOf('etc/motd')]).toEqual(['755', '600', '644']);
    expect([statSync(join(root, 'opt/bin/run')).uid, statSync(join(root, 'etc/ids')).gid]).toEqual([
      500, 500,
    ]);
    expect(read('etc/systemd/system/from-file.service')).toContain('ExecStart=/bin/true');
  });

  it('units are written, enabled and masked', () => {
    const root = apply(converted(readFileSync(join(golden, 'units.yaml'), 'utf8')));
    const units = join(root, 'etc/systemd/system');
    expect(readFileSync(join(units, 'docker.service.d/10-limits.conf'), 'utf8')).toContain(
      'LimitNOFILE=4096',
    );
    expect(readFileSync(join(units, 'multi-user.target.d/20-muster-start.conf'), 'utf8')).toBe(
      '[Unit]\nWants=plain.service\n',
    );
    expect(execFileSync('readlink', [join(units, 'rpcbind.service')], { encoding: 'utf8' })).toBe(
      '/dev/null\n',
    );
    const preset = join(root, 'etc/systemd/system-preset/20-ignition.preset');
    expect(readFileSync(preset, 'utf8')).toContain('enable hello.service\n');
  });

  it('a big file that was packed is packed on the way, and whole on the disk', () => {
    const bytes = Buffer.from('line of text\n'.repeat(2000));
    const text = `#cloud-config\nwrite_files:\n  - path: /etc/big\n    encoding: base64\n    content: ${bytes.toString('base64')}\n`;
    const made = converted(text);
    expect(made.length).toBeLessThan(2000);
    expect(made).toContain('"compression": "gzip"');
    expect(readFileSync(join(apply(made), 'etc/big'))).toEqual(bytes);
  });

  it('variables are filled in at boot by the script that comes along, at each boot anew', () => {
    const root = apply(converted(readFileSync(join(golden, 'variables.yaml'), 'utf8')));
    const metadata = join(root, 'run/metadata');
    mkdirSync(metadata, { recursive: true });
    for (const [inside, outside] of [
      ['10.1.2.3', '192.0.2.9'],
      ['10.1.2.4', '192.0.2.8'],
    ]) {
      writeFileSync(
        join(metadata, 'flatcar'),
        `COREOS_EC2_IPV4_LOCAL=${inside}\nCOREOS_EC2_IPV4_PUBLIC=${outside}\n`,
      );
      execFileSync('bash', [join(root, 'etc/muster/fill-variables'), root]);
      expect(readFileSync(join(root, 'etc/where'), 'utf8')).toBe(
        `in ${inside}, out ${outside}, kept $private_ipv4\n`,
      );
      expect(readFileSync(join(root, 'etc/environment'), 'utf8')).toContain(
        `COREOS_PRIVATE_IPV4=${inside}\n`,
      );
    }
    expect(readFileSync(join(root, 'etc/systemd/system/peer.service'), 'utf8')).toContain('--at 10.1.2.4\n');
  });
});
