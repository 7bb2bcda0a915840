// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { type Launch, memberFlags, resolveMemberUrls } from './flags.js';
import { parseVersion } from './version.js';

const where = { dataDir: '/var/lib/etcd', ownAddress: '10.0.0.7' };
const first: Launch = {
  kind: 'first',
  nonce: 'aa',
  name: 'core-01',
  state: 'new',
  token: 'one',
  initialCluster: [
    { name: 'core-01', urls: ['http://10.0.0.7:2380'] },
    { name: 'core-02', urls: ['http://10.0.0.8:2380', 'http://10.1.0.8:2380'] },
  ],
};

function version(text: string) {
  const parsed = parseVersion(`etcd Version: ${text}\nGit SHA: x`);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

const flags = (unit: Readonly<Record<string, string>>, text = '3.5.16', launch: Launch = first) =>
  memberFlags(launch, unit, where, version(text));

test('a first start is told all that it needs, by muster alone', () => {
  const meant = {
    ETCD_NAME: 'x',
    ETCD_DATA_DIR: '/elsewhere',
    ETCD_INITIAL_CLUSTER: 'x=http://1.1.1.1:1',
    ETCD_INITIAL_CLUSTER_STATE: 'existing',
    ETCD_INITIAL_CLUSTER_TOKEN: 'x',
    ETCD_DISCOVERY: 'https://discovery.etcd.io/x',
    ETCD_DISCOVERY_SRV: 'example.com',
    ETCD_DISCOVERY_FALLBACK: 'proxy',
    ETCD_PROXY: 'on',
    ETCD_FORCE_NEW_CLUSTER: 'false',
  };
  expect(flags(meant)).toEqual({
    problems: [],
    environment: {
      ETCD_NAME: 'core-01',
      ETCD_DATA_DIR: '/var/lib/etcd',
      ETCD_LISTEN_PEER_URLS: 'http://10.0.0.7:2380',
      ETCD_LISTEN_CLIENT_URLS: 'http://10.0.0.7:2379',
      ETCD_ADVERTISE_CLIENT_URLS: 'http://10.0.0.7:2379',
      ETCD_INITIAL_ADVERTISE_PEER_URLS: 'http://10.0.0.7:2380',
      ETCD_INITIAL_CLUSTER:
        'core-01=http://10.0.0.7:2380,core-02=http://10.0.0.8:2380,core-02=http://10.1.0.8:2380',
      ETCD_INITIAL_CLUSTER_STATE: 'new',
      ETCD_INITIAL_CLUSTER_TOKEN: 'one',
      ETCD_LOG_OUTPUTS: 'stderr',
      ETCD_PRE_VOTE: 'true',
    },
  });
});

test('a start on data can found no cluster, even if the data is gone', () => {
  const { environment } = flags({ ETCD_INITIAL_CLUSTER: 'x=http://1.1.1.1:1' }, '3.5.16', {
    kind: 'again',
    name: 'core-01',
  });
  expect(environment).toMatchObject({ ETCD_INITIAL_CLUSTER_STATE: 'existing', ETCD_NAME: 'core-01' });
  expect(environment).not.toHaveProperty('ETCD_INITIAL_CLUSTER');
});

test('whatever is not muster’s to decide is passed on', () => {
  const unit = {
    ETCD_HEARTBEAT_INTERVAL: '200',
    ETCD_CERT_FILE: '/c',
    ETCD_SOMETHING_NEW: 'x',
    ETCD_PRE_VOTE: 'false',
    ETCD_STRICT_RECONFIG_CHECK: 'true',
    ETCD_LISTEN_METRICS_URLS: 'http://0.0.0.0:9100',
    GOMAXPROCS: '2',
  };
  const { environment, problems } = flags(unit);
  expect(environment).toMatchObject({ ...unit, ETCD_LISTEN_METRICS_URLS: 'http://10.0.0.7:9100' });
  expect(problems).toEqual([]);
});

test.each([
  ['FORCE_NEW_CLUSTER', 'true'],
  ['UNSAFE_NO_FSYNC', 'true'],
  ['STRICT_RECONFIG_CHECK', 'false'],
  ['CONFIG_FILE', '/etc/etcd.yaml'],
  ['WAL_DIR', '/wal'],
  ['LOG_OUTPUTS', '/dev/null'],
  ['LOG_LEVEL', 'error'],
  ['LOGGER', 'capnslog'],
])('%s=%s is refused, with a reason', (name, value) => {
  const { environment, problems } = flags({ [`ETCD_${name}`]: value });
  expect(environment[`ETCD_${name}`]).not.toBe(value);
  expect(problems).toEqual([
    { key: name.toLowerCase().replaceAll('_', '-'), message: expect.stringMatching(/\w/) },
  ]);
});

describe('by version', () => {
  const versions = ['3.4.23', '3.5.16', '3.6.0', '3.7.0', '3.8.0-alpha'] as const;
  // Which versions get the setting: x; which do not: -
  test.each([
    ['CORS', 'xxxxx'],
    ['SNAPSHOT_COUNT', 'xxxxx'],
    ['MAX_WALS', 'xxxxx'],
    ['MAX_SNAPSHOTS', 'xxxx-'],
    ['ENABLE_V2', '-----'],
    ['EXPERIMENTAL_ENABLE_V2V3', 'xx---'],
    ['V2_DEPRECATION', '-xxx-'],
    ['EXPERIMENTAL_PEER_SKIP_CLIENT_SAN_VERIFICATION', 'xxx--'],
    ['MAX_LEARNERS', '--xxx'],
    ['LISTEN_CLIENT_HTTP_URLS', '-xxxx'],
    ['CA_FILE', '-----'],
    ['PEER_CA_FILE', '-----'],
    ['ADDR', '-----'],
    ['PEERS', '-----'],
    ['CLUSTER_ACTIVE_SIZE', '-----'],
  ])('%s: %s', (name, row) => {
    const variable = `ETCD_${name}`;
    const made = versions.map((text) => flags({ [variable]: 'http://10.0.0.9:1' }, text));
    expect(made.map(({ environment }) => (variable in environment ? 'x' : '-')).join('')).toBe(row);
    expect(made.map(({ problems }) => (problems.length === 0 ? 'x' : '-')).join('')).toBe(row);
  });

  test('only 3.4 has a choice of loggers', () => {
    expect(flags({}, '3.4.23').environment.ETCD_LOGGER).toBe('zap');
    expect(flags({ ETCD_LOGGER: 'capnslog' }, '3.4.23').environment.ETCD_LOGGER).toBe('capnslog');
    expect(flags({}, '3.5.16').environment).not.toHaveProperty('ETCD_LOGGER');
  });
});

describe('URLs', () => {
  test("of the article's user-data", () => {
    const { urls, problems } = resolveMemberUrls(
      {
        ETCD_ADVERTISE_CLIENT_URLS: 'http://10.0.0.7:2379,http://10.0.0.7:4001',
        ETCD_INITIAL_ADVERTISE_PEER_URLS: 'http://10.0.0.7:2380',
        ETCD_LISTEN_CLIENT_URLS: 'http://0.0.0.0:2379,http://0.0.0.0:4001',
        ETCD_LISTEN_PEER_URLS: 'http://10.0.0.7:2380, http://10.0.0.7:7001',
      },
      '10.0.0.7',
    );
    expect(problems).toEqual([]);
    expect(urls).toEqual({
      listenPeer: ['http://10.0.0.7:2380', 'http://10.0.0.7:7001'],
      listenClient: ['http://10.0.0.7:2379', 'http://10.0.0.7:4001'],
      advertisePeer: ['http://10.0.0.7:2380'],
      advertiseClient: ['http://10.0.0.7:2379', 'http://10.0.0.7:4001'],
    });
  });

  test('of a machine that shares its addresses with nobody: programs on it use its loopback', () => {
    const alone = (environment: Readonly<Record<string, string>>) =>
      resolveMemberUrls(environment, '10.0.0.7', '0.0.0.0').urls;
    expect(alone({ ETCD_LISTEN_CLIENT_URLS: 'http://0.0.0.0:2379,http://0.0.0.0:4001' })).toMatchObject({
      listenClient: ['http://0.0.0.0:2379', 'http://0.0.0.0:4001'],
      advertiseClient: ['http://10.0.0.7:2379', 'http://10.0.0.7:4001'],
    });
    expect(alone({})).toEqual({
      listenPeer: ['http://10.0.0.7:2380'],
      listenClient: ['http://0.0.0.0:2379'],
      advertisePeer: ['http://10.0.0.7:2380'],
      advertiseClient: ['http://10.0.0.7:2379'],
    });
    expect(alone({ ETCD_ADVERTISE_CLIENT_URLS: 'http://0.0.0.0:2379' }).advertiseClient).toEqual([
      'http://10.0.0.7:2379',
    ]);
  });

  test('of IPv6, said twice, and bad', () => {
    const { urls, problems } = resolveMemberUrls(
      {
        ETCD_LISTEN_CLIENT_URLS: 'https://[::]:2379/,https://0.0.0.0:2379,10.0.0.7:2379,http://10.0.0.7',
      },
      'fd00::7',
    );
    expect(urls.listenClient).toEqual(['https://[fd00::7]:2379']);
    expect(urls.advertisePeer).toEqual(['http://[fd00::7]:2380']);
    expect(problems.map(({ key, message }) => `${key}: ${message.split(' ')[0]}`)).toEqual([
      'listen-client-urls: "10.0.0.7:2379"',
      'listen-client-urls: "http://10.0.0.7"',
    ]);
  });
});
