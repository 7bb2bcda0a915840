// SPDX-License-Identifier: Apache-2.0

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyCloudConfig } from './cloud-config.js';
import { cloudConfigOf, readGolden } from './testing.js';
import { parseUserData } from './user-data.js';

function issues(text: string): readonly string[] {
  const parsed = parseUserData(text);
  if (parsed.kind !== 'cloud-config' && parsed.kind !== 'bad') return [parsed.kind];
  return parsed.issues.map(
    ({ line, column, severity, path, message, hint }) =>
      `${line}:${column} ${severity} ${path}: ${message} | ${hint}`,
  );
}

test.each([
  ['', 'empty'],
  ['#cloud-config', 'cloud-config'],
  ['#cloud-config \t\r\nhostname: a\r\n', 'cloud-config'],
  ['#cloud-config\n---\nhostname: a\n', 'cloud-config'],
  ['#!/bin/sh\necho hi\n', 'script'],
  ['#!', 'script'],
  ['{"ignition": {"version": "3.3.0"}}', 'ignition'],
  ['\n {"ignitionVersion": 1}', 'ignition'],
  ['{"ignition": {"version": 3}}', 'bad'],
  ['{"hello": 1}', 'bad'],
  ['{', 'bad'],
  ['hostname: a\n', 'bad'],
])('%j is %s', (text, kind) => {
  expect(parseUserData(text).kind).toBe(kind);
});

test.each([
  [
    'hostname: a',
    'the first line is "hostname: a"',
    'it must be "#cloud-config", or begin with "#!" for a script',
  ],
  [
    '\n#cloud-config',
    'the first line is empty',
    'it must be "#cloud-config", or begin with "#!" for a script',
  ],
  [' #cloud-config', 'the first line is " #cloud-config"', 'take out the blanks before it'],
  [
    '\uFEFF#cloud-config',
    'the first line is "\uFEFF#cloud-config"',
    'save the file without a byte order mark',
  ],
  ['# cloud-config', 'the first line is "# cloud-config"', 'write exactly "#cloud-config"'],
  ['#cloud-config x', 'the first line is "#cloud-config x"', 'write exactly "#cloud-config"'],
  [
    'Content-Type: multipart/mixed; boundary="x"',
    'the first line is "Content-Type: multipart/mixed; boundary=\\"x\\""',
    'MIME multipart is not supported: write one cloud-config',
  ],
])('the header of %j is refused', (text, message, hint) => {
  expect(parseUserData(text)).toEqual({
    kind: 'bad',
    issues: [{ severity: 'error', rule: 'header', path: '', line: 1, column: 1, message, hint }],
  });
});

test('the version of Ignition is told', () => {
  expect(parseUserData('{"ignition": {"version": "3.3.0"}}')).toMatchObject({ version: '3.3.0' });
  expect(parseUserData('{"ignitionVersion": 1}')).toMatchObject({ version: '1' });
});

test('all of the sections, dashes and underscores alike, scalars as YAML 1.1 has them', () => {
  const config = cloudConfigOf(`#cloud-config
hostname: core-7
ssh-authorized-keys:
  - ' ssh-ed25519 AAAA me '
  - no-pty ssh-rsa BBBB
write_files:
  - path: /etc/a
    permissions: 0600
    owner: core:core
    content: 12
  - path: /etc/b
    permissions: '1755'
    encoding: b64
    content: |
      aGVs
      bG8=
  - {path: /etc/c, owner: 1000:1000}
coreos:
  etcd2:
    proxy: on
    name: 007
    heartbeat-interval: 0x64
    snapshot_count: 10_000
    debug: yes
    listen-client-urls: http://0.0.0.0:2379, https://[::1]:4001,unix://etcd
    advertise-client-urls: http://[$private_ipv6]:2379
  fleet:
    public-ip: $public_ipv4
    etcd-request-timeout: 2
    metadata: rack=a1,disk=ssd
  units:
    - name: a.service
      command: reload-or-restart
      enable: true
      runtime: true
      content: |
        [Service]
        ExecStart=/bin/true
      drop-ins:
        - {name: 10.conf, content: "[Service]\\nNice=1\\n"}
    - {name: b@1.timer, mask: true}
`);
  expect(config).toEqual({
    ...emptyCloudConfig,
    hostname: 'core-7',
    sshAuthorizedKeys: ['ssh-ed25519 AAAA me', 'no-pty ssh-rsa BBBB'],
    writeFiles: [
      { path: '/etc/a', content: '12', encoding: 'utf8', owner: 'core:core', mode: 0o600 },
      { path: '/etc/b', content: 'aGVsbG8=', encoding: 'base64', owner: '', mode: 0o1755 },
      { path: '/etc/c', content: '', encoding: 'utf8', owner: '1000:1000', mode: 0o644 },
    ],
    etcd2: {
      advertise_client_urls: 'http://[$private_ipv6]:2379',
      debug: true,
      heartbeat_interval: 100,
      listen_client_urls: 'http://0.0.0.0:2379, https://[::1]:4001,unix://etcd',
      name: '007',
      proxy: 'on',
      snapshot_count: 10_000,
    },
    fleet: { etcd_request_timeout: 2, metadata: 'rack=a1,disk=ssd', public_ip: '$public_ipv4' },
    units: [
      {
        name: 'a.service',
        content: '[Service]\nExecStart=/bin/true\n',
        dropIns: [{ name: '10.conf', content: '[Service]\nNice=1\n' }],
        command: 'reload-or-restart',
        isEnabled: true,
        isMasked: undefined,
        isRuntime: true,
      },
      {
        name: 'b@1.timer',
        content: '',
        dropIns: [],
        command: undefined,
        isEnabled: undefined,
        isMasked: true,
        isRuntime: undefined,
      },
    ],
    rest: {},
  });
  expect(Object.keys(config.etcd2)).toEqual(Object.keys(config.etcd2).toSorted());
});

test('keys that no section knows are told and kept as they are written', () => {
  const text = `#cloud-config
colour: red
units: []
packages: [0644]
coreos:
  write_files: []
  unit: []
  tea: {sugar: off}
`;
  expect(issues(text)).toEqual([
    '2:1 warning colour: unknown key "colour" | known here: hostname, users, ssh_authorized_keys, write_files, manage_etc_hosts, coreos',
    '3:1 warning units: unknown key "units" | it belongs below "coreos:"',
    '4:1 warning packages: unknown key "packages" | known here: hostname, users, ssh_authorized_keys, write_files, manage_etc_hosts, coreos',
    '6:3 warning coreos.write_files: unknown key "write_files" | it belongs at the top, not below "coreos:"',
    '7:3 warning coreos.unit: unknown key "unit" | did you mean "units"?',
    '8:3 warning coreos.tea: unknown key "tea" | known here: oem, flannel, units, etcd, etcd2, fleet, locksmith, update',
  ]);
  expect(cloudConfigOf(text).rest).toEqual({
    colour: 'red',
    units: [],
    packages: ['0644'],
    coreos: { write_files: [], unit: [], tea: { sugar: 'off' } },
  });
});

const files = 'write_files:\n  - ';
const units = 'coreos:\n  units:\n  - ';
const etcd2 = 'coreos:\n  etcd2:\n    ';
const octal = "write three or four octal digits, for example '0644'";
const hostHint =
  'write letters, digits, dashes and dots, up to 64, or leave it out: the machine then has its name in the cluster file';
const pathHint = 'write an absolute path without "..", for example /etc/motd';
const unitHint = 'write a name with its kind, for example etcd2.service';

test.each([
  ['hostname: a_b', [`2:11 error hostname: "a_b" is not a host name | ${hostHint}`]],
  [
    'hostname: <HOSTNAME>',
    [`2:11 error hostname: the placeholder "<HOSTNAME>" is not filled in | ${hostHint}`],
  ],
  ['hostname: [a]', [`2:11 error hostname: text is expected here, not a list | ${hostHint}`]],
  [
    `hostname: ${'a.'.repeat(33)}a`,
    [`2:11 error hostname: "${'a.'.repeat(33)}a" is not a host name | ${hostHint}`],
  ],
  ['hostname: a\nhostname: b', ['3:1 warning : the key "hostname" comes twice | keep one of them']],
  [
    'ssh_authorized_keys: ssh-rsa AAAA',
    [
      '2:22 error ssh_authorized_keys: a list is expected here, not "ssh-rsa AAAA" | write a list of public keys, one line of an id_….pub file each',
    ],
  ],
  [
    'ssh_authorized_keys: [$SSH_KEY]',
    [
      '2:23 warning ssh_authorized_keys[0]: "$SSH_KEY" does not look like a public key | write one line of an id_….pub file, it begins with ssh-ed25519 or ssh-rsa',
    ],
  ],
  [`${files}path: etc/x`, [`3:11 error write_files[0].path: "etc/x" is not an absolute path | ${pathHint}`]],
  [
    `${files}path: /a/../b`,
    [`3:11 error write_files[0].path: "/a/../b" leads out of its folder | ${pathHint}`],
  ],
  [`${files}path: /a/`, [`3:11 error write_files[0].path: "/a/" names a folder, not a file | ${pathHint}`]],
  [`${files}content: x`, [`3:5 error write_files[0].path: text is expected here, not nothing | ${pathHint}`]],
  [
    `${files}{path: /a, permissions: 0o644}`,
    [`3:29 error write_files[0].permissions: "0o644" are not permissions | ${octal}`],
  ],
  [
    `${files}{path: /a, permissions: rw-r--r--}`,
    [`3:29 error write_files[0].permissions: "rw-r--r--" are not permissions | ${octal}`],
  ],
  [
    `${files}{path: /a, permissions: 0888}`,
    [`3:29 error write_files[0].permissions: "0888" are not permissions | ${octal}`],
  ],
  [
    `${files}{path: /a, owner: "a b"}`,
    [
      '3:23 error write_files[0].owner: "a b" is not an owner | write user or user:group, for example root:root',
    ],
  ],
  [
    `${files}{path: /a, encoding: rot13}`,
    [
      '3:26 error write_files[0].encoding: "rot13" is none of base64, b64, gz, gzip, gz+base64, gzip+base64, gz+b64, gzip+b64 | write one of base64, b64, gz, gzip, gz+base64, gzip+base64, gz+b64, gzip+b64',
    ],
  ],
  [
    `${files}{path: /a, encoding: b64, content: "%"}`,
    [
      '3:40 error write_files[0].content: the content cannot be decoded as "b64" | write base64: letters, digits, "+" and "/", padded with "="',
    ],
  ],
  [
    `${files}{path: /a, permisions: 0644}`,
    ['3:16 warning write_files[0].permisions: unknown key "permisions" | did you mean "permissions"?'],
  ],
  [
    'coreos: [units]',
    ['2:9 error coreos: a mapping is expected here, not a list | write keys such as units: below it'],
  ],
  ['- a', ['2:1 error : a mapping is expected here, not a list | write keys such as hostname: and coreos:']],
  [
    `${units}name: etcd2`,
    [`4:11 error coreos.units[0].name: "etcd2" is not the name of a unit | ${unitHint}`],
  ],
  [
    `${units}name: ../a.service`,
    [`4:11 error coreos.units[0].name: "../a.service" is not the name of a unit | ${unitHint}`],
  ],
  [
    `${units}{name: a.service, command: go}`,
    [
      '4:32 error coreos.units[0].command: "go" is not a command for a unit | write one of start, stop, restart, reload, try-restart, reload-or-restart, reload-or-try-restart',
    ],
  ],
  [
    `${units}{name: a.service, enable: "yes"}`,
    ['4:31 error coreos.units[0].enable: true or false is expected here, not "yes" | write true or false'],
  ],
  [
    `${units}{name: a.service, enabel: true}`,
    ['4:23 warning coreos.units[0].enabel: unknown key "enabel" | did you mean "enable"?'],
  ],
  [
    `${units}{name: a.service, drop_ins: [{name: x}]}`,
    [
      '4:41 error coreos.units[0].drop_ins[0].name: "x" is not the name of a drop-in | write a file name that ends in .conf, for example 10-limits.conf',
    ],
  ],
  [
    `${units}{name: a.service, content: "foo"}`,
    [
      '4:32 warning coreos.units[0].content: line 1 of it: "foo" is no assignment and is skipped | write it like Key=value',
    ],
  ],
  [
    `${etcd2}proxy: maybe`,
    ['4:12 error coreos.etcd2.proxy: "maybe" is none of on, off, readonly | write on, off or readonly'],
  ],
  [
    `${etcd2}proxy: true`,
    ['4:12 error coreos.etcd2.proxy: "true" is none of on, off, readonly | write on, off or readonly'],
  ],
  [`${etcd2}nmae: x`, ['4:5 warning coreos.etcd2.nmae: unknown key "nmae" | did you mean "name"?']],
  [
    `${etcd2}debug: 7`,
    [
      '4:12 error coreos.etcd2.debug: true or false is expected here, not "7" | write true or false, without quotes',
    ],
  ],
  [
    `${etcd2}heartbeat-interval: "100"`,
    ['4:25 error coreos.etcd2.heartbeat-interval: "100" is not a whole number | write digits without quotes'],
  ],
  [
    `${etcd2}listen-client-urls: http://0.0.0.0`,
    [
      '4:25 error coreos.etcd2.listen-client-urls: "http://0.0.0.0" is not a URL of etcd | write http or https, a host and a port, for example http://0.0.0.0:2379',
    ],
  ],
  [
    `${etcd2}listen-peer-urls: 0.0.0.0:2380,http://a:2380/x`,
    [
      '4:23 error coreos.etcd2.listen-peer-urls: "0.0.0.0:2380" is not a URL of etcd | write http or https, a host and a port, for example http://0.0.0.0:2379',
      '4:23 error coreos.etcd2.listen-peer-urls: "http://a:2380/x" is not a URL of etcd | write http or https, a host and a port, for example http://0.0.0.0:2379',
    ],
  ],
  [
    `${etcd2}advertise-client-urls: http://:2379`,
    [
      '4:28 error coreos.etcd2.advertise-client-urls: "http://:2379" is not a URL of etcd | write http or https, a host and a port, for example http://$private_ipv4:2379',
    ],
  ],
  [
    `${etcd2}initial-cluster: "<host>=http://<IP>:2380"`,
    [
      '4:22 warning coreos.etcd2.initial-cluster: the placeholder "<host>" is not filled in | write the value it stands for',
    ],
  ],
  [
    `${etcd2}name: "a\\nb"`,
    ['4:11 error coreos.etcd2.name: "a\\nb" is not one line of text | write one line of text'],
  ],
  [
    'coreos:\n  fleet: {token-limit: 1.5}',
    ['3:24 error coreos.fleet.token-limit: "1.5" is not a whole number | write digits without quotes'],
  ],
  [
    'coreos:\n  fleet: {etcd-request-timeout: fast}',
    [
      '3:33 error coreos.fleet.etcd-request-timeout: "fast" is not a number of seconds | write seconds without quotes, for example 2.5',
    ],
  ],
  ['\thostname: a', ['2:1 error : tabs are not allowed as indentation | indent with blanks, not with tabs']],
])('%j', (body, expected) => {
  expect(issues(`#cloud-config\n${body}\n`)).toEqual(expected);
});

test('gzip is unpacked, by the function given or by zlib', () => {
  const write = (content: string) =>
    `#cloud-config\nwrite_files:\n  - {path: /x, encoding: gz+b64, content: ${content}}\n`;
  const text = write(gzipSync('hello').toString('base64'));
  const content = (gunzip?: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const parsed = parseUserData(text, gunzip === undefined ? {} : { gunzip });
    return parsed.kind === 'cloud-config' ? parsed.config.writeFiles[0]?.content : parsed.kind;
  };
  expect(content()).toBe('aGVsbG8=');
  expect(content(() => Buffer.from('other'))).toBe('b3RoZXI=');
  expect(content(() => undefined)).toBe('bad');
  const problem =
    '3:43 error write_files[0].content: the content cannot be decoded as "gz+b64" | write what "gzip | base64" prints, up to 16 MiB unpacked';
  expect(issues(write('aGVsbG8='))).toEqual([problem]);
  const bomb = gzipSync(Buffer.alloc(17 * 1024 * 1024)).toString('base64');
  expect(issues(write(bomb))).toEqual([problem]);
});

test.each([
  ['basic.yaml', 'cloud-config', []],
  ['customization.yaml', 'cloud-config', []],
  ['proxy.yaml', 'bad', ['2:11']],
  ['seeding.yaml', 'bad', ['2:11']],
  ['dns-discovery.yaml', 'bad', ['2:11']],
  // Its `<[...]>` stands for lines left out, and is no YAML.
  ['joining.yaml', 'bad', ['5:5']],
])("the article's %s: errors only for what is left to fill in", (file, kind, errors) => {
  const parsed = parseUserData(readGolden(`article/${file}`));
  expect(parsed.kind).toBe(kind);
  const found = 'issues' in parsed ? parsed.issues.filter(({ severity }) => severity === 'error') : [];
  expect(found.map(({ line, column }) => `${line}:${column}`)).toEqual(errors);
});

test("the article's files are accepted once the host name is filled in", () => {
  for (const file of ['proxy.yaml', 'seeding.yaml', 'dns-discovery.yaml']) {
    const text = readGolden(`article/${file}`).replaceAll('<HOSTNAME>', 'core-01');
    expect(parseUserData(text).kind).toBe('cloud-config');
  }
});

const words = fc.constantFrom(
  ...[
    'hostname',
    'write_files',
    'coreos',
    'units',
    'etcd2',
    'name',
    'path',
    'content',
    'ssh_authorized_keys',
  ],
  ...[
    ': ',
    '\n',
    '\n  ',
    '\n  - ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '~',
    'on',
    '0644',
    '/x',
    'a.service',
    '|\n',
    '&a ',
    '*a',
  ],
);

test('any text gives a result, with a place and a hint for each issue', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 40 }), (parts) => {
      const parsed = parseUserData(`#cloud-config\n${parts.join('')}`);
      expect(['cloud-config', 'bad']).toContain(parsed.kind);
      for (const issue of 'issues' in parsed ? parsed.issues : []) {
        expect(issue.line).toBeGreaterThanOrEqual(1);
        expect(issue.column).toBeGreaterThanOrEqual(1);
        expect(issue.hint).not.toBe('');
      }
    }),
    { numRuns: 400 },
  );
});
