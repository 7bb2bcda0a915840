// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseKernelArguments, parseMetadata } from './kernel-arguments.js';

test('an empty command line has all defaults', () => {
  expect(parseKernelArguments('\n')).toEqual({
    userDataUrl: '',
    machineId: undefined,
    name: '',
    hostname: '',
    etcdEndpoints: [],
    store: { kind: 'client', endpoints: [], isShared: false },
    ttlSeconds: 30,
    privateIpv4: '',
    publicIpv4: '',
    privateIpv6: '',
    publicIpv6: '',
    metadata: {},
    address: undefined,
    disk: '',
  });
});

test('a command line as the boot server writes it', () => {
  const text = [
    'BOOT_IMAGE=/vmlinuz quiet root=UUID=x',
    'cloud-config-url=http://127.0.0.1:7070/user-data?mac=52-54&uuid=a',
    'systemd.machine_id=ABC772b2338d41ab91cd957bf8e9dcf8',
    'muster.name=core%2001 muster.etcd=http://127.0.0.1:2379,http://127.0.0.2:2379',
    'muster.ttl=5 muster.private_ipv4=127.77.1.2 muster.public_ipv4=192.0.2.1',
    'muster.metadata=rack=a%2Cb,note=x%3Dy,empty=',
  ].join(' ');
  expect(parseKernelArguments(text)).toMatchObject({
    userDataUrl: 'http://127.0.0.1:7070/user-data?mac=52-54&uuid=a',
    machineId: 'abc772b2338d41ab91cd957bf8e9dcf8',
    name: 'core 01',
    etcdEndpoints: ['http://127.0.0.1:2379', 'http://127.0.0.2:2379'],
    ttlSeconds: 5,
    privateIpv4: '127.77.1.2',
    publicIpv4: '192.0.2.1',
    metadata: { rack: 'a,b', note: 'x=y', empty: '' },
  });
});

test('parts of the machine', () => {
  const text = 'muster.address=52:54:00:AA:00:01,10.99.0.1/24 muster.disk=/dev/disk/by-id/virtio-1';
  expect(parseKernelArguments(text)).toMatchObject({
    address: { mac: '52:54:00:aa:00:01', address: '10.99.0.1/24' },
    disk: '/dev/disk/by-id/virtio-1',
  });
});

test.each([
  ['cloud-config-url=http://a cloud_config_url=http://b', 'http://b'],
  ['cloud_config_url=http://a cloud-config-url=', 'http://a'],
  ['cloud-config-url cloud-config-url=http://a', 'http://a'],
])('%s: the last one that says something counts', (text, url) => {
  expect(parseKernelArguments(text).userDataUrl).toBe(url);
});

test.each([
  'systemd.machine_id=xyz',
  'muster.ttl=1',
  'muster.ttl=soon',
  'muster.ttl=3601',
  'muster.name=%zz',
  'muster.metadata=a=%e0%a4',
  'muster.address=10.99.0.1/24',
  'muster.address=52:54:00:00:00:01,10.99.0.1',
  'muster.disk=vda',
])('%s is refused', (text) => {
  expect(() => parseKernelArguments(text)).toThrow(
    expect.objectContaining({ code: 'agent/kernel-argument' }),
  );
});

test('metadata of fleet: blanks are cut, the last one counts, what is no pair is passed over', () => {
  expect(parseMetadata('rack=a, disk = ssd ,rack=b,bad,=x,note=p=q')).toEqual({
    rack: 'b',
    disk: 'ssd',
    note: 'p=q',
  });
});

test.each([
  ['muster.etcd=http://a:1', { kind: 'client', endpoints: ['http://a:1'], isShared: false }],
  [
    'muster.etcd=http://a:1 muster.store=http://b:2,http://c:2',
    { kind: 'client', endpoints: ['http://b:2', 'http://c:2'], isShared: true },
  ],
  [
    'muster.etcd=http://a:1 muster.store_member=%2Fopt%2Fetcd',
    { kind: 'member', program: '/opt/etcd', isShared: true },
  ],
])('%s: what the machine has to do with the store', (text, store) => {
  expect(parseKernelArguments(text).store).toEqual(store);
});
