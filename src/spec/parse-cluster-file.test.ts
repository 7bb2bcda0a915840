// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClusterSpec, OptionParser } from './cluster-spec.js';
import { parseClusterFile } from './parse-cluster-file.js';
import { renderClusterFile } from './render-cluster-file.js';

const withSize: OptionParser = {
  parse: (value) => {
    const entries = Object.entries(value ?? {});
    const unknown = entries.filter(([key]) => key !== 'size');
    if (unknown.length === 0) return { kind: 'ok', options: { size: 1, ...Object.fromEntries(entries) } };
    return {
      kind: 'bad',
      problems: unknown.map(([key]) => ({
        path: [key],
        at: 'key',
        message: `unknown option "${key}"`,
        hint: 'known here: size',
      })),
    };
  },
  jsonSchema: () => ({ type: 'object', properties: { size: { type: 'integer' } } }),
};

const options = {
  providers: new Map([
    ['local', withSize],
    ['qemu', withSize],
  ]),
};

function parse(text: string): ClusterSpec {
  const parsed = parseClusterFile(text, options);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

function problems(text: string): readonly string[] {
  const parsed = parseClusterFile(text, options);
  const issues = parsed.kind === 'bad' ? parsed.issues : parsed.warnings;
  return issues.map(
    ({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} | ${hint}`,
  );
}

const plain = {
  role: 'member',
  marks: {},
  metadata: {},
  privateIpv4: '',
  publicIpv4: '',
  privateIpv6: '',
  publicIpv6: '',
  userData: undefined,
};

const defaultSpec = {
  name: 'muster',
  domain: 'muster.internal',
  store: { kind: 'embedded' },
  backup: undefined,
  provider: { name: 'local', options: { size: 1 } },
  control: { address: '', port: 7979, etcdPort: 2379, dnsPort: 53, dnsSuffix: '' },
  agentTtlSeconds: 10,
  rebootLock: {
    timeZone: 'UTC',
    failureBudget: 1,
    freeAfterSeconds: 1_800,
    wellForSeconds: 3,
    groups: [{ name: '', slots: undefined, windows: [] }],
  },
  machines: ['core-01', 'core-02', 'core-03'].map((name) => ({ name, ...plain })),
  image: undefined,
  profiles: [],
  userData: undefined,
};

test.each([
  ['no text', ''],
  ['comments only', '# nothing yet\n'],
  ['keys without values', 'name:\nmachines:\nprovider:\ncontrol:\n  port:\nuserData:\n'],
  ['what init writes', renderClusterFile()],
  [
    'all defaults in their long form',
    'store: {kind: embedded}\nprovider: {name: local}\nagentTtl: 10\nmachines: 3\n',
  ],
])('%s is the default cluster', (_, text) => {
  expect(parse(text)).toEqual(defaultSpec);
});

test('a template with a name, a count and user-data says so', () => {
  const text = renderClusterFile({ name: 'lab', machines: 5, userData: 'my user-data', provider: 'qemu' });
  const spec = parse(text);
  expect(spec).toMatchObject({
    name: 'lab',
    provider: { name: 'qemu' },
    userData: { kind: 'file', path: 'my user-data' },
  });
  expect(spec.machines).toHaveLength(5);
});

test('every field of a machine, in any usual notation', () => {
  const spec = parse(`
machines:
  - name: core-01
    mac: 52-54-00-AA-00-01
    uuid: 3B4C5D6E000040008000000000000001
    serial: 00123
    role: proxy
    metadata: {rack: a1, slot: 7, ssd: true, version: 1.10}
    privateIpv4: 10.0.0.11
    publicIpv4: 192.0.2.11
    privateIpv6: FD00::0011
    publicIpv6: 2001:DB8::11
    userData: other-user-data
  - userData:
      hostname: second
      write_files: [{path: /x, permissions: 0644}]
`);
  expect(spec.machines).toEqual([
    {
      name: 'core-01',
      role: 'proxy',
      marks: { mac: '52:54:00:aa:00:01', uuid: '3b4c5d6e-0000-4000-8000-000000000001', serial: '00123' },
      metadata: { rack: 'a1', slot: '7', ssd: 'true', version: '1.10' },
      privateIpv4: '10.0.0.11',
      publicIpv4: '192.0.2.11',
      privateIpv6: 'fd00::11',
      publicIpv6: '2001:db8::11',
      userData: { kind: 'file', path: 'other-user-data' },
    },
    {
      ...plain,
      name: 'core-02',
      userData: {
        kind: 'inline',
        config: { hostname: 'second', write_files: [{ path: '/x', permissions: '0644' }] },
      },
    },
  ]);
});

test('machines are numbered with two digits and more only where needed', () => {
  const { machines } = parse('machines: 120\n');
  expect([machines[0]?.name, machines[98]?.name, machines[119]?.name]).toEqual([
    'core-01',
    'core-99',
    'core-120',
  ]);
});

test.each([
  ['name: a\nname: b\n', ['2:1 : the key "name" comes twice | keep one of them']],
  ['nmae: a\n', ['1:1 nmae: unknown key "nmae" | did you mean "name"?']],
  [
    'name: Foo_Bar\n',
    [
      '1:7 name: "Foo_Bar" is not a cluster name | use 1 to 63 lower-case letters, digits and dashes, for example muster',
    ],
  ],
  [
    'name: [a]\n',
    [
      '1:7 name: text is expected here, not a list | use 1 to 63 lower-case letters, digits and dashes, for example muster',
    ],
  ],
  [
    'domain: a..b\n',
    [
      '1:9 domain: "a..b" is not a DNS domain | use lower-case names joined by dots, for example muster.internal',
    ],
  ],
  ['store: disk\n', ['1:8 store: "disk" is not a store | write embedded or etcd']],
  [
    'store: {kind: etcd, bootstrap: magic}\n',
    ['1:32 store.bootstrap: "magic" is not a way to begin | write static, seed, discovery or srv'],
  ],
  [
    'store: {bootstrap: seed}\n',
    ['1:20 store.bootstrap: the embedded store has no "bootstrap" | write static, seed, discovery or srv'],
  ],
  [
    'store: {kind: etcd, replaceAfter: 9s}\n',
    [
      '1:35 store.replaceAfter: "9s" is not a time from 10s to 744h | write a time that is long against reboots, from 10s to 744h, for example 24h',
    ],
  ],
  [
    'store: {kind: etcd, bootstrap: seed, size: 3}\n',
    [
      '1:38 store.size: only bootstrap "discovery" has a size | write bootstrap: discovery, or leave size out',
    ],
  ],
  [
    'store: {kind: etcd, bootstrap: discovery, size: 1}\nmachines: [{}, {}, {role: proxy}]\n',
    ['1:49 store.size: 1 members cannot found it: this file has 2 | write 2 or more'],
  ],
  ['provider: locl\n', ['1:11 provider: there is no provider "locl" | did you mean "local"?']],
  [
    'provider: {name: vmware}\n',
    ['1:18 provider.name: there is no provider "vmware" | write one of: local, qemu'],
  ],
  ['provider:\n  name: local\n  sise: 2\n', ['3:3 provider.sise: unknown option "sise" | known here: size']],
  [
    'control: {address: example}\n',
    [
      '1:20 control.address: "example" is not an IP address | write an IPv4 or IPv6 address of this computer, or leave it out',
    ],
  ],
  [
    'control:\n  port: 70000\n',
    [
      '2:9 control.port: "70000" is not a whole number from 1 to 65535 | write a port that is free, for example 7979',
    ],
  ],
  [
    'control:\n  port: 2379\n',
    ['2:9 control.port: the port "2379" is wanted twice | give port and etcdPort two numbers'],
  ],
  [
    'agentTtl: 1d\n',
    [
      '1:11 agentTtl: "1d" is not a time from 2s to 1h | write whole seconds from 2 to 3600, or a time like 10s or 1m30s',
    ],
  ],
  [
    'agentTtl: 1\n',
    [
      '1:11 agentTtl: "1" is not a time from 2s to 1h | write whole seconds from 2 to 3600, or a time like 10s or 1m30s',
    ],
  ],
  [
    'machines: 0\n',
    [
      '1:11 machines: "0" is not a whole number from 1 to 1000 | write a number from 1 to 1000, or a list of machines',
    ],
  ],
  [
    'machines: many\n',
    [
      '1:11 machines: a number or a list is expected here, not "many" | write a number from 1 to 1000, or a list of machines',
    ],
  ],
  [
    'machines: [core-01]\n',
    [
      '1:12 machines[0]: a mapping is expected here, not "core-01" | write a mapping, for example {name: core-01, mac: "52:54:00:aa:00:01"}',
    ],
  ],
  [
    'machines: [{role: boss}]\n',
    ['1:19 machines[0].role: "boss" is none of member, proxy | write member or proxy'],
  ],
  [
    'machines: [{mac: "5"}]\n',
    [
      '1:18 machines[0].mac: "5" is not a MAC address | write the six bytes of the network card, for example 52:54:00:aa:00:01',
    ],
  ],
  [
    'machines: [{metadata: {"a b": c}}]\n',
    [
      '1:24 machines[0].metadata["a b"]: "a b" is not a metadata key | use letters, digits, "_", "." and "-" for keys, and values of one line without commas',
    ],
  ],
  [
    'machines: [{metadata: {a: "b,c"}}]\n',
    [
      '1:27 machines[0].metadata.a: "b,c" is not a metadata value | use letters, digits, "_", "." and "-" for keys, and values of one line without commas',
    ],
  ],
  [
    'userData: [a]\n',
    [
      '1:11 userData: text or a mapping is expected here, not a list | write the path of a file, or a mapping of cloud-config keys such as hostname or coreos',
    ],
  ],
  [
    '- a\n',
    ['1:1 : a mapping is expected here, not a list | write keys with values, for example machines: 3'],
  ],
  [
    'just text\n',
    ['1:1 : a mapping is expected here, not "just text" | write keys with values, for example machines: 3'],
  ],
  [
    'name: "a\n',
    ['2:1 : missing closing "quote | look for a missing colon, quote or bracket here or just above'],
  ],
])('%j is refused', (text, expected) => {
  expect(problems(text)).toEqual(expected);
});

test('machines that share a name, a mark or an address, however it is written', () => {
  const text = `machines:
  - {name: core-02, mac: "52:54:00:aa:00:01", serial: 7, publicIpv4: 10.0.0.1}
  - {mac: 525400AA0001, uuid: 3b4c5d6e-0000-4000-8000-000000000001}
  - {name: x, serial: "7", uuid: 3B4C5D6E000040008000000000000001, privateIpv4: 10.0.0.1}
  - {name: y, privateIpv6: "fd00::1", publicIpv6: "FD00:0::1"}
`;
  expect(problems(text)).toEqual([
    // The second machine has no name, and would be core-02 as well.
    '3:5 machines[1].name: the name "core-02" is also that of machines[0] | give each machine its own name',
    '3:11 machines[1].mac: the MAC address "525400AA0001" is also that of machines[0] | give each machine its own MAC address',
    '4:23 machines[2].serial: the serial number "7" is also that of machines[0] | give each machine its own serial number',
    '4:34 machines[2].uuid: the UUID "3B4C5D6E000040008000000000000001" is also that of machines[1] | give each machine its own UUID',
    '4:81 machines[2].privateIpv4: the address "10.0.0.1" is also that of machines[0] | give each machine its own address',
  ]);
});

test.each([
  ['store: etcd\n', { kind: 'etcd', program: 'etcd' }],
  ['store: {kind: etcd}\n', { kind: 'etcd', program: 'etcd' }],
  [
    'store: {kind: etcd, bootstrap: discovery, size: 5}\n',
    { kind: 'etcd', bootstrap: 'discovery', size: 5, program: 'etcd' },
  ],
  [
    'store: {kind: etcd, replaceAfter: 24h}\n',
    { kind: 'etcd', replaceAfterSeconds: 86_400, program: 'etcd' },
  ],
  [
    'store: {kind: etcd, bootstrap: seed, program: /opt/etcd}\n',
    { kind: 'etcd', bootstrap: 'seed', program: '/opt/etcd' },
  ],
])('%j is the store of each machine', (text, store) => {
  expect(parse(text).store).toEqual(store);
});

test('all problems of a file come at once, in order of the text', () => {
  const text = `nmae: Foo
store: disk
provider: {name: local, foo: 1}
control:
  port: 70000
  addres: 127.0.0.1
machines:
  - {name: a, mac: "52:54:00:aa:00:01"}
  - {name: a, mac: nonsense, colour: red}
`;
  expect(problems(text).map((line) => line.split(' |')[0])).toEqual([
    '1:1 nmae: unknown key "nmae"',
    '2:8 store: "disk" is not a store',
    '3:25 provider.foo: unknown option "foo"',
    '5:9 control.port: "70000" is not a whole number from 1 to 65535',
    '6:3 control.addres: unknown key "addres"',
    '9:12 machines[1].name: the name "a" is also that of machines[0]',
    '9:20 machines[1].mac: "nonsense" is not a MAC address',
    '9:30 machines[1].colour: unknown key "colour"',
  ]);
});

test('cloud-config keys written in place are checked where they stand', () => {
  const inlineUserData: OptionParser = {
    parse: (value) => ({
      kind: 'ok',
      options: value,
      problems: [{ path: ['write_files', 0], severity: 'warning', message: 'odd', hint: 'do otherwise' }],
    }),
    jsonSchema: () => ({}),
  };
  const text = 'machines:\n  - userData:\n      write-files:\n        - path: /x\n';
  const parsed = parseClusterFile(text, { ...options, inlineUserData });
  expect(parsed.kind === 'ok' && parsed.warnings).toEqual([
    {
      severity: 'warning',
      path: 'machines[0].userData.write-files[0]',
      line: 4,
      column: 11,
      message: 'odd',
      hint: 'do otherwise',
    },
  ]);
});

test('another default provider may be asked for', () => {
  const parsed = parseClusterFile('provider: {size: 4}', { ...options, defaultProvider: 'qemu' });
  expect(parsed.kind === 'ok' && parsed.spec.provider).toEqual({ name: 'qemu', options: { size: 4 } });
});

const words = fc.constantFrom(
  ...[
    'name',
    'domain',
    'store',
    'provider',
    'control',
    'port',
    'machines',
    'mac',
    'metadata',
    'userData',
    'agentTtl',
  ],
  ...[
    ': ',
    '\n',
    '\n  - ',
    '\n    ',
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    '3',
    'local',
    'embedded',
    'true',
    '~',
    '1.5',
    '&a ',
    '*a',
  ],
);

test('any text gives a complete spec or problems with places and hints', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 30 }), (parts) => {
      const parsed = parseClusterFile(parts.join(''), options);
      const issues = parsed.kind === 'ok' ? parsed.warnings : parsed.issues;
      expect(parsed.kind === 'ok' ? parsed.spec.machines.length : issues.length).toBeGreaterThan(0);
      for (const issue of issues) {
        expect(issue.line).toBeGreaterThanOrEqual(1);
        expect(issue.column).toBeGreaterThanOrEqual(1);
        expect(issue.hint).not.toBe('');
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['store: etcd\n', undefined],
  ['store: etcd\nbackup:\n', undefined],
  ['store: etcd\nbackup: {}\n', { everySeconds: 3_600, keep: 24, dir: 'backups' }],
  [
    'store: {kind: etcd}\nbackup: {every: 30m, keep: 2, dir: /mnt/saved}\n',
    { everySeconds: 1_800, keep: 2, dir: '/mnt/saved' },
  ],
])('%j takes backups', (text, backup) => {
  expect(parse(text).backup).toEqual(backup);
});

test.each([
  ['store: etcd\nbackup: {every: 9s}\n', 'is not a time from 10s'],
  ['store: etcd\nbackup: {keep: 0}\n', 'is not a whole number from 1'],
  ['backup: {}\n', 'the embedded store takes no backups by itself'],
])('%j takes none', (text, problem) => {
  expect(problems(text).join()).toContain(problem);
});
