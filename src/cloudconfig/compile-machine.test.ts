// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseClusterFile } from '../spec/index.js';
import { emptyCloudConfig } from './cloud-config.js';
import { type CompiledMachine, compileMachine, type UserDataInput } from './compile-machine.js';
import { inlineConfigParser } from './inline-config.js';
import { cloudConfigOf, goldenOf } from './testing.js';

const base = `#cloud-config
# kept as it is
hostname: base
ssh_authorized_keys: [ssh-rsa A, ssh-rsa B]
write_files:
  - {path: /a, content: base}
  - {path: /b, content: base}
packages: [vim]
coreos:
  etcd2: {name: base, debug: true}
  update: {group: stable, server: x}
  tea: {sugar: 2, milk: 2}
  units:
    - name: a.service
      command: start
      content: "[Service]\\nExecStart=/bin/a\\n"
      drop-ins: [{name: 1.conf, content: "[Service]\\nNice=1\\n"}]
    - {name: b.service, enable: true, runtime: true}
`;

const text = (file: string, content: string): UserDataInput => ({ kind: 'text', file, text: content });
const inline = (config: Readonly<Record<string, unknown>>): UserDataInput => ({ kind: 'inline', config });

function served(compiled: CompiledMachine): string {
  if (compiled.kind === 'bad') throw new Error(JSON.stringify(compiled.issues));
  return compiled.config.userData;
}

test('one file is served byte for byte', () => {
  expect(compileMachine({ cluster: text('user-data', base), machine: undefined })).toMatchObject({
    kind: 'ok',
    config: { kind: 'cloud-config', userData: base },
  });
  const script = '#!/bin/sh\r\necho hi';
  expect(compileMachine({ cluster: text('user-data', base), machine: text('own', script) })).toEqual({
    kind: 'ok',
    config: { kind: 'script', userData: script, etcd2: {} },
    issues: [],
  });
});

test('no user-data at all is empty user-data', () => {
  const empty = { kind: 'ok', config: { kind: 'empty', userData: '', etcd2: {} }, issues: [] };
  expect(compileMachine({ cluster: undefined, machine: undefined })).toEqual(empty);
  expect(compileMachine({ cluster: text('user-data', ''), machine: undefined })).toEqual(empty);
});

describe('when asked for, what sections say of each other is told, too', () => {
  const etcd2 = '#cloud-config\ncoreos:\n  etcd2:\n    initial-cluster: core-01=http://10.0.0.1:2380\n';
  const told = (compiled: CompiledMachine) =>
    compiled.issues.map(({ file, line, severity, path }) => `${file}:${line} ${severity} ${path}`);
  const checked = { isChecked: true };

  test('of one file by line, without notes', () => {
    const input = { cluster: text('user-data', etcd2), machine: undefined };
    expect(told(compileMachine(input))).toEqual([]);
    expect(told(compileMachine(input, checked))).toEqual(['user-data:4 error coreos.etcd2.initial-cluster']);
  });

  test('of layers by path: the upper one may mend the lower, or break it', () => {
    const [cluster, advertised] = [text('user-data', etcd2), 'http://10.0.0.1:2380'];
    const mended = { name: 'core-01', initial_advertise_peer_urls: advertised };
    const mend = { cluster, machine: inline({ coreos: { etcd2: mended } }) };
    expect(told(compileMachine(mend, checked))).toEqual([]);
    const wrong = { cluster, machine: inline({ coreos: { etcd2: { ...mended, name: 'core-02' } } }) };
    expect(told(compileMachine(wrong, checked))).toEqual(['user-data:1 error coreos.etcd2.initial_cluster']);
  });
});

test('keys of a machine are laid over the cluster user-data', () => {
  const machine = inline({
    hostname: 'own',
    'ssh-authorized-keys': ['ssh-rsa B', 'ssh-rsa C'],
    write_files: [{ path: '/b', content: 'own', permissions: '0600' }, { path: '/c' }],
    coreos: {
      etcd2: { name: 'own', 'election-timeout': 5 },
      update: { group: 'beta' },
      tea: { sugar: 1 },
      units: [
        { name: 'c.service', command: 'stop' },
        { name: 'b.service', enable: false },
        {
          name: 'a.service',
          command: 'restart',
          'drop-ins': [{ name: '2.conf', content: '[Service]\nNice=2\n' }],
        },
      ],
    },
  });
  const config = cloudConfigOf(served(compileMachine({ cluster: text('user-data', base), machine })));
  const unit = {
    content: '',
    dropIns: [],
    command: undefined,
    isEnabled: undefined,
    isMasked: undefined,
    isRuntime: undefined,
  };
  const file = { content: 'base', encoding: 'utf8', owner: '', mode: 0o644 };
  expect(config).toEqual({
    ...emptyCloudConfig,
    hostname: 'own',
    sshAuthorizedKeys: ['ssh-rsa A', 'ssh-rsa B', 'ssh-rsa C'],
    writeFiles: [
      { ...file, path: '/a' },
      { ...file, path: '/b', content: 'own', mode: 0o600 },
      { ...file, path: '/c', content: '' },
    ],
    etcd2: { debug: true, election_timeout: 5, name: 'own' },
    fleet: {},
    units: [
      {
        ...unit,
        name: 'a.service',
        content: '[Service]\nExecStart=/bin/a\n',
        command: 'restart',
        dropIns: [
          { name: '1.conf', content: '[Service]\nNice=1\n' },
          { name: '2.conf', content: '[Service]\nNice=2\n' },
        ],
      },
      { ...unit, name: 'b.service', isEnabled: false, isRuntime: true },
      { ...unit, name: 'c.service', command: 'stop' },
    ],
    update: { group: 'beta', server: 'x' },
    rest: { packages: ['vim'], coreos: { tea: { sugar: 1, milk: 2 } } },
  });
});

test('keys alone, of the cluster or of the machine, are rendered', () => {
  const cluster = inline({ hostname: 'a', coreos: { etcd2: { proxy: 'on' } } });
  expect(served(compileMachine({ cluster, machine: undefined }))).toBe(
    "#cloud-config\nhostname: a\ncoreos:\n  etcd2:\n    proxy: 'on'\n",
  );
  expect(served(compileMachine({ cluster: undefined, machine: inline({ hostname: 'b' }) }))).toBe(
    '#cloud-config\nhostname: b\n',
  );
  expect(served(compileMachine({ cluster, machine: inline({ hostname: 'b' }) }))).toContain('hostname: b\n');
});

test('all problems of both, each with its file', () => {
  const compiled = compileMachine({
    cluster: text('user-data', '#cloud-config\nhostname: a_b\npackages: []\n'),
    machine: inline({ coreos: { units: [{ name: 'x' }] } }),
  });
  expect(compiled.kind).toBe('bad');
  expect(compiled.issues.map(({ file, path, severity }) => [file, path, severity])).toEqual([
    ['user-data', 'hostname', 'error'],
    ['user-data', 'packages', 'warning'],
    ['', 'userData.coreos.units.0.name', 'error'],
  ]);
});

test('a file of the machine hides what is wrong with that of the cluster', () => {
  const machine = text('own', '#cloud-config\nhostname: a\n');
  expect(compileMachine({ cluster: text('user-data', 'nonsense'), machine }).kind).toBe('ok');
});

test.each([
  ['script', '#!/bin/sh\n'],
  ['ignition', '{"ignition": {"version": "3.3.0"}}'],
])('keys cannot be laid over a %s', (kind, content) => {
  const compiled = compileMachine({
    cluster: text('user-data', content),
    machine: inline({ hostname: 'a' }),
  });
  expect(compiled).toMatchObject({
    kind: 'bad',
    issues: [
      {
        file: 'user-data',
        message: `this is a ${kind}, and keys of a machine can be laid over a cloud-config only`,
      },
    ],
  });
});

const folder = join(import.meta.dirname, '../../examples');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');

test.each(['default', 'article', 'rack'])(
  'every machine of the example %s has user-data without a warning',
  (example) => {
    const parsed = parseClusterFile(read(`${example}/cluster.yaml`), {
      providers: new Map([['local', { parse: () => ({ kind: 'ok', options: {} }), jsonSchema: () => ({}) }]]),
      inlineUserData: inlineConfigParser(),
    });
    if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.issues));
    expect(parsed.warnings).toEqual([]);
    const input = (source: (typeof parsed.spec)['userData']) =>
      source?.kind === 'file' ? text(source.path, read(`${example}/${source.path}`)) : source;
    for (const machine of parsed.spec.machines) {
      const compiled = compileMachine({
        cluster: input(parsed.spec.userData),
        machine: input(machine.userData),
      });
      expect(compiled).toMatchObject({ kind: 'ok', issues: [], config: { kind: 'cloud-config' } });
      if (machine.name === 'worker-01') {
        const userData = served(compiled);
        expect(userData).toBe(goldenOf('cloudconfig/rack-worker-01.rendered.yaml', userData));
      }
    }
  },
);

test('problems of keys in a cluster file stand where they are written', () => {
  const parsed = parseClusterFile(
    'machines:\n  - userData:\n      write-files:\n        - path: etc/x\n          permissions: 0644\n          ownr: a\n',
    {
      providers: new Map([['local', { parse: () => ({ kind: 'ok', options: {} }), jsonSchema: () => ({}) }]]),
      inlineUserData: inlineConfigParser(),
    },
  );
  expect(
    parsed.kind === 'bad' &&
      parsed.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`),
  ).toEqual([
    '4:17 machines[0].userData.write-files[0].path: "etc/x" is not an absolute path',
    '6:11 machines[0].userData.write-files[0].ownr: unknown key "ownr"',
  ]);
});
