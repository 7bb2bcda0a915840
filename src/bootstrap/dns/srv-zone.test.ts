// SPDX-License-Identifier: Apache-2.0

import { expect, it } from 'vitest';
import type { MemberRecord } from '../../etcd/index.js';
import { memberId } from '../../model/index.js';
import { memberAddresses } from './member-hosts.js';
import { type SrvZoneOptions, srvZone } from './srv-zone.js';
import { parseStaticMember } from './static-member.js';
import { renderZoneFile } from './zone-file.js';

const member = (more: Partial<MemberRecord>): MemberRecord => ({
  id: memberId(0xabcn),
  name: 'core-01',
  peerUrls: ['http://10.0.0.1:2380'],
  clientUrls: ['http://10.0.0.1:2379'],
  isLearner: false,
  ...more,
});
/** Without what every zone has, one line a record. */
const lines = (members: readonly MemberRecord[], options: Partial<SrvZoneOptions> = {}) =>
  renderZoneFile(srvZone('D.example.', members, { serial: 1, ...options }))
    .trim()
    .split('\n')
    .slice(3)
    .map((line) => line.replace(/ +/g, ' ').replaceAll('.d.example.', ''));

it('says server and client, one address, and the names that etcd asks for', () => {
  expect(lines([member({})])).toEqual([
    '_etcd-server._tcp 10 IN SRV 0 0 2380 core-01',
    '_etcd-client._tcp 10 IN SRV 0 0 2379 core-01',
    'core-01 10 IN A 10.0.0.1',
  ]);
  expect(lines([member({})], { suffix: 'green', ttlSeconds: 3 })[0]).toBe(
    '_etcd-server-green._tcp 3 IN SRV 0 0 2380 core-01',
  );
});

it.each<[string, Partial<MemberRecord>, readonly string[]]>([
  [
    'https by its own names',
    { peerUrls: ['https://[fd00::1]:2380'], clientUrls: [] },
    ['_etcd-server-ssl._tcp 10 IN SRV 0 0 2380 core-01', 'core-01 10 IN AAAA fd00::1'],
  ],
  [
    'a learner as no place for clients',
    { isLearner: true },
    ['_etcd-server._tcp 10 IN SRV 0 0 2380 core-01', 'core-01 10 IN A 10.0.0.1'],
  ],
  [
    'one that was never started by its ID',
    { name: '', clientUrls: [] },
    ['_etcd-server._tcp 10 IN SRV 0 0 2380 member-abc', 'member-abc 10 IN A 10.0.0.1'],
  ],
  [
    'a client address that differs by a name of its own',
    { clientUrls: ['http://192.0.2.1:2379'] },
    [
      '_etcd-server._tcp 10 IN SRV 0 0 2380 core-01',
      '_etcd-client._tcp 10 IN SRV 0 0 2379 core-01-client',
      'core-01 10 IN A 10.0.0.1',
      'core-01-client 10 IN A 192.0.2.1',
    ],
  ],
  [
    'a name elsewhere as it is',
    { peerUrls: ['http://a.other:2380'], clientUrls: ['http://0.0.0.0:2379'] },
    ['_etcd-server._tcp 10 IN SRV 0 0 2380 a.other.'],
  ],
  [
    'a name in the domain with the address of its client URL',
    { peerUrls: ['http://core-01.d.example:2380'] },
    [
      '_etcd-server._tcp 10 IN SRV 0 0 2380 core-01',
      '_etcd-client._tcp 10 IN SRV 0 0 2379 core-01',
      'core-01 10 IN A 10.0.0.1',
    ],
  ],
])('says %s', (_, more, expected) => {
  expect(lines([member(more)])).toEqual(expected);
});

it('keeps two members of one name apart', () => {
  const twins = [
    member({}),
    member({ id: memberId(0xdefn), peerUrls: ['http://10.0.0.2:2380'], clientUrls: [] }),
  ];
  expect(lines(twins).filter((line) => line.includes(' A '))).toEqual([
    'member-abc 10 IN A 10.0.0.1',
    'member-def 10 IN A 10.0.0.2',
  ]);
});

it('knows a member that calls itself by the zone from the address book', () => {
  const hosts = memberAddresses('d.example', [parseStaticMember('core-01=http://10.0.0.7:2380')]);
  const bare = member({ peerUrls: ['http://core-01.d.example:2380'], clientUrls: [], name: '' });
  expect(lines([bare], { hosts })).toContain('core-01 10 IN A 10.0.0.7');
});

it.each(['a', 'a=', 'a=10.0.0.1', 'a.b=http://h:1', '=http://h:1', 'a=http://h:1,x'])(
  'refuses the member "%s"',
  (text) => {
    expect(() => parseStaticMember(text)).toThrow(
      expect.objectContaining({ code: 'bootstrap/bad-static-member' }),
    );
  },
);

it.each(['', 'a..b', '-a.b', 'a b', `${'x'.repeat(64)}.b`])('refuses the domain "%s"', (domain) => {
  expect(() => srvZone(domain, [], { serial: 1 })).toThrow(
    expect.objectContaining({ code: 'bootstrap/bad-domain' }),
  );
});
