// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { Action } from './action.js';
import { emptyCloudConfig } from './cloud-config.js';
import { planActions } from './plan-actions.js';
import { substitute } from './substitute.js';
import { cloudConfigOf, goldenOf, readGolden, sampleFacts } from './testing.js';

function plan(text: string): readonly Action[] {
  return planActions(cloudConfigOf(substitute(text, sampleFacts)), sampleFacts);
}

/** One line for each action: what a reader compares. */
function brief(action: Action): string {
  switch (action.kind) {
    case 'set-hostname':
      return `hostname ${action.hostname}`;
    case 'ensure-user':
      return `user ${action.account.name}`;
    case 'import-keys':
      return `import ${action.user} ${action.url}`;
    case 'set-variables':
      return `set ${action.path} ${Object.entries(action.variables).join(' ')}`;
    case 'authorize-keys':
      return `keys ${action.user} ${action.keys.length}`;
    case 'write-file':
      return `write ${action.path}`;
    case 'link':
      return `link ${action.path} ${action.target}`;
    case 'unmask':
      return `unmask ${action.path}`;
    case 'enable-unit':
      return `enable ${action.unit}${action.isRuntime ? ' runtime' : ''}`;
    case 'reload-units':
      return 'reload';
    case 'command-unit':
      return `${action.command} ${action.unit}`;
  }
}

const everything = `#cloud-config
coreos:
  units:
    - name: one.service
      command: start
      enable: true
      content: "[Service]\\nExecStart=/bin/true\\n"
      drop-ins:
        - {name: 10.conf, content: "[Service]\\nNice=1\\n"}
        - {name: 20.conf}
    - {name: etcd2.service, command: restart, runtime: true}
    - {name: old.service, mask: true}
    - {name: gone.service, mask: true, runtime: true}
    - {name: 50-static.network, enable: true, content: "[Match]\\nName=eth0\\n"}
    - {name: 60-other.network, runtime: true, content: "[Match]\\nName=eth1\\n"}
  fleet: {public-ip: $public_ipv4, verbosity: 0, metadata: ''}
  etcd2: {name: $private_ipv6, debug: false, proxy: on, snapshot-count: 100}
write_files:
  - {path: /etc/motd, content: hello}
ssh_authorized_keys: [ssh-rsa A, ssh-rsa B]
hostname: core-7
`;

test('everything is planned in the order in which it has to happen', () => {
  expect(plan(everything).map(brief)).toEqual([
    'hostname core-7',
    'keys core 2',
    'write /etc/motd',
    'set /etc/environment COREOS_PRIVATE_IPV4,10.0.0.11 COREOS_PUBLIC_IPV4,192.0.2.11',
    'write /etc/systemd/system/one.service',
    'write /etc/systemd/system/one.service.d/10.conf',
    'unmask /run/systemd/system/etcd2.service',
    'link /etc/systemd/system/old.service /dev/null',
    'link /run/systemd/system/gone.service /dev/null',
    'write /etc/systemd/network/50-static.network',
    'write /run/systemd/network/60-other.network',
    'write /run/systemd/system/etcd2.service.d/20-cloudinit.conf',
    'write /run/systemd/system/fleet.service.d/20-cloudinit.conf',
    'enable one.service',
    'reload',
    'restart systemd-networkd.service',
    'start one.service',
    'restart etcd2.service',
  ]);
});

test('an empty config names the machine and tells its addresses', () => {
  expect(planActions(emptyCloudConfig, sampleFacts)).toEqual([
    { kind: 'set-hostname', hostname: 'core-01.muster.internal', reason: 'facts.hostname' },
    {
      kind: 'set-variables',
      path: '/etc/environment',
      template: '',
      variables: { COREOS_PRIVATE_IPV4: '10.0.0.11', COREOS_PUBLIC_IPV4: '192.0.2.11' },
      reason: 'facts.addresses',
    },
  ]);
});

test('what a config writes as /etc/environment is not touched', () => {
  const text = '#cloud-config\nwrite_files: [{path: /etc/environment, content: A=1}]';
  expect(plan(text).map(brief)).toEqual(['hostname core-01.muster.internal', 'write /etc/environment']);
});

test('options with nothing in them make no drop-in', () => {
  expect(
    plan('#cloud-config\ncoreos: {etcd2: {debug: false, name: "", snapshot_count: 0}}').map(brief),
  ).toEqual(planActions(emptyCloudConfig, sampleFacts).map(brief));
});

test('a file in a folder of units makes units be read anew', () => {
  const text = (path: string) => `#cloud-config\nwrite_files: [{path: ${path}, content: x}]`;
  expect(plan(text('/etc/systemd/system/a.service')).map(brief)).toContain('reload');
  expect(plan(text('/etc/motd')).map(brief)).not.toContain('reload');
});

test('the environment of a daemon is written in the order of its options, unquoted', () => {
  const action = plan(
    '#cloud-config\ncoreos: {fleet: {verify-units: true, metadata: \'a="b"\', agent-ttl: 30s, etcd-request-timeout: 2.5}}',
  ).at(-2);
  expect(action).toEqual({
    kind: 'write-file',
    path: '/run/systemd/system/fleet.service.d/20-cloudinit.conf',
    content:
      '[Service]\nEnvironment="FLEET_AGENT_TTL=30s"\nEnvironment="FLEET_ETCD_REQUEST_TIMEOUT=2.5"\nEnvironment="FLEET_METADATA=a="b""\nEnvironment="FLEET_VERIFY_UNITS=true"\n',
    encoding: 'utf8',
    owner: '',
    mode: 0o644,
    reason: 'coreos.fleet',
  });
});

test('planning again gives the same', () => {
  expect(plan(everything)).toEqual(plan(everything));
});

/** A file of the corpus for each section, and of each kind of unit. */
const sections = [
  ...[
    'hosts',
    'users',
    'users-imported',
    'ssh-keys',
    'files-modes',
    'oem',
    'flannel',
    'units-all',
    'etcd-0.4',
  ],
  ...['etcd2-all-options', 'fleet-all', 'locksmith', 'update-off'],
];

test.each(sections)('the actions of %s are the golden ones', (name) => {
  const actions = `${JSON.stringify(plan(readGolden(`../corpus/${name}.yaml`)), null, 2)}\n`;
  expect(actions).toBe(goldenOf(`cloudconfig/${name}.actions.json`, actions));
});

test.each([
  ['basic', readGolden('article/basic.yaml')],
  ['customization', readGolden('article/customization.yaml')],
  [
    'seeding',
    readGolden('article/seeding.yaml')
      .replaceAll('<HOSTNAME>', 'core-01')
      .replaceAll('<PUBLIC_IP>', '$public_ipv4'),
  ],
  ['everything', everything],
])('the actions of %s are the golden ones', (file, text) => {
  const actions = `${JSON.stringify(plan(text), null, 2)}\n`;
  expect(actions).toBe(goldenOf(`cloudconfig/${file}.actions.json`, actions));
});
