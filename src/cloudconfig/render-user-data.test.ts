// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CloudConfig, emptyCloudConfig, unitCommands } from './cloud-config.js';
import { renderUserData } from './render-user-data.js';
import { substitute } from './substitute.js';
import { cloudConfigOf, goldenOf, readGolden, sampleFacts } from './testing.js';

/** Text that YAML reads as something else when it is not quoted, and text that is hard to quote. */
const hard = fc.constantFrom(
  ...[
    '',
    ' ',
    'on',
    'y',
    'null',
    '~',
    '0644',
    '1e3',
    '1:30',
    '2001-01-01',
    '<<',
    '- a',
    'a: b',
    '#',
    '|',
    "it's",
  ],
  ...[
    '"',
    '\\',
    '\n',
    'a\n\n',
    '\n a',
    ' \n',
    '\t',
    'a\r\nb',
    '\u0085',
    '\u2028',
    '\uFEFF',
    '\0',
    '\x1b[0m',
    '%',
    '@',
    '`',
  ],
  ...[
    '$private_ipv4',
    "it's $private_ipv4",
    '---\n',
    '...',
    '&a',
    '*a',
    '!!binary',
    '[',
    '{',
    ',',
    '? x',
    '=',
    '😀',
    'é',
  ],
);
const text = fc
  .array(fc.oneof(hard, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 4 })
  .map((parts) => parts.join(''));
const line = text.map((value) => value.replace(/\p{Cc}/gu, ''));
const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);

const file = fc.record({
  path: name.map((base) => `/etc/${base}`),
  content: text,
  encoding: fc.constant('utf8' as const),
  owner: fc.constantFrom('', 'root', 'core:core', '1000:1000'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
});
const packed = fc.record({
  path: name.map((base) => `/etc/${base}`),
  content: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  encoding: fc.constant('base64' as const),
  owner: fc.constant(''),
  mode: fc.constant(0o644),
});
const unit = fc.record({
  name: name.map((base) => `${base}.service`),
  content: text,
  dropIns: fc.array(fc.record({ name: name.map((base) => `${base}.conf`), content: text }), { maxLength: 2 }),
  command: fc.option(fc.constantFrom(...unitCommands), { nil: undefined }),
  isEnabled: fc.option(fc.boolean(), { nil: undefined }),
  isMasked: fc.option(fc.boolean(), { nil: undefined }),
  isRuntime: fc.option(fc.boolean(), { nil: undefined }),
});
const flag = fc.option(fc.boolean(), { nil: undefined });
const field = line.map((value) => value.replaceAll(':', ''));
const keys = fc.array(
  line.map((value) => value.trim()).filter((value) => value !== ''),
  { maxLength: 2 },
);
const user = fc.record({
  name,
  passwordHash: field,
  sshAuthorizedKeys: keys,
  gecos: field,
  homeDir: fc.constantFrom('', '/home/x y'),
  noCreateHome: flag,
  primaryGroup: fc.constantFrom('', 'staff'),
  groups: fc.array(name, { maxLength: 2 }),
  noUserGroup: flag,
  isSystem: flag,
  noLogInit: flag,
  shell: fc.constantFrom('', '/bin/zsh'),
  sshImportGithub: fc.array(
    line.filter((value) => value !== ''),
    { maxLength: 2 },
  ),
  sshImportUrl: fc.constantFrom('', 'https://keys.example/x?y=z#a'),
});
const rest = fc.dictionary(
  fc.stringMatching(/^x_[a-z]{1,5}$/),
  fc.oneof(
    line,
    fc.integer(),
    fc.boolean(),
    fc.array(line, { minLength: 1, maxLength: 2 }),
    fc.record({ a: line }),
  ),
  { maxKeys: 2 },
);
const config: fc.Arbitrary<CloudConfig> = fc.record({
  hostname: fc.oneof(fc.constant(''), name, fc.constantFrom('on', '0644', '1e3')),
  sshAuthorizedKeys: keys,
  writeFiles: fc.array(fc.oneof(file, packed), { maxLength: 3 }),
  etcd2: fc.record(
    {
      name: line,
      debug: fc.boolean(),
      election_timeout: fc.nat(),
      proxy: fc.constantFrom('on', 'off', 'readonly'),
      listen_client_urls: fc.constant('http://$private_ipv4:2379'),
    },
    { requiredKeys: [] },
  ),
  users: fc.array(user, { maxLength: 2 }),
  manageEtcHosts: fc.constantFrom('', 'localhost'),
  etcd: fc.record({ snapshot: fc.boolean(), snapshot_count: fc.nat() }, { requiredKeys: [] }),
  flannel: fc.record({ interface: line, ip_masq: fc.constantFrom('true', 'off') }, { requiredKeys: [] }),
  locksmith: fc.record(
    { window_start: fc.constantFrom('Thu 04:00', '4:30', '14:00'), window_length: fc.constant('1h30m') },
    { requiredKeys: [] },
  ),
  oem: fc.record({ id: line, version_id: fc.constantFrom('1.10', '007') }, { requiredKeys: [] }),
  update: fc.record(
    { reboot_strategy: fc.constantFrom('off', 'reboot', 'etcd-lock'), group: line },
    { requiredKeys: [] },
  ),
  fleet: fc.record(
    { metadata: line, etcd_request_timeout: fc.constantFrom(0, 1, 2.5, 0.1) },
    { requiredKeys: [] },
  ),
  units: fc.array(unit, { maxLength: 3 }),
  rest: fc.oneof(
    rest,
    rest.map((coreos) => (Object.keys(coreos).length === 0 ? {} : { coreos })),
  ),
});

test('what is rendered parses to the same config', () => {
  fc.assert(
    fc.property(config, (value) => {
      expect(cloudConfigOf(renderUserData(value))).toEqual(value);
    }),
    { numRuns: 150 },
  );
});

test('an empty config is a header', () => {
  expect(renderUserData(emptyCloudConfig)).toBe('#cloud-config\n');
});

test('a value that is a variable stays text once it is filled in', () => {
  const rendered = renderUserData({
    ...emptyCloudConfig,
    fleet: { public_ip: '$public_ipv6', metadata: 'a=$private_ipv4' },
  });
  const filled = cloudConfigOf(substitute(rendered, { ...sampleFacts, publicIpv6: '1:20' }));
  expect(filled.fleet).toEqual({ public_ip: '1:20', metadata: 'a=10.0.0.11' });
});

test.each(['basic', 'customization'])("the article's %s as rendered is the golden one", (file) => {
  const rendered = renderUserData(cloudConfigOf(readGolden(`article/${file}.yaml`)));
  expect(rendered).toBe(goldenOf(`cloudconfig/${file}.rendered.yaml`, rendered));
});
