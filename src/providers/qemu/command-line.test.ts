// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { testOrder } from '../testing.js';
import { qemuArguments, segmentMac, type VirtualMachine } from './command-line.js';
import { readQemuOptions } from './options.js';

const wires = { kind: 'user', segment: { group: '239.77.1.2', port: 16_387 } } as const;

function argumentsOf(changes: Partial<VirtualMachine> & { readonly asked?: unknown } = {}) {
  const { asked, ...rest } = changes;
  return qemuArguments({
    order: testOrder(1, { address: '10.77.4.101' }),
    options: readQemuOptions(asked),
    accel: 'tcg',
    wires,
    ...rest,
  });
}

/** What follows each use of an option. */
const valuesOf = (words: readonly string[], option: string) =>
  words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ''] : []));

describe('what QEMU is told', () => {
  test('a machine boots from its first card, and from nothing else', () => {
    const words = argumentsOf();
    const [boot = '', segment = ''] = valuesOf(words, '-device').filter((one) => /^virtio-net/.test(one));
    expect(boot).toBe('virtio-net-pci,id=nic0,netdev=boot,mac=52:54:00:00:00:01');
    // An empty firmware: it is not tried.
    expect(segment).toBe('virtio-net-pci,id=nic1,netdev=segment,mac=56:54:00:00:00:01,romfile=');
    expect(valuesOf(words, '-boot')).toEqual(['order=n,reboot-timeout=5000']);
    expect(valuesOf(words, '-drive')).toEqual([]);
  });

  test('ports of the machine are at its address here; those below 1024 further up', () => {
    const [boot = '', segment] = valuesOf(argumentsOf({ asked: { ports: [80, 8080, 2379] } }), '-netdev');
    expect(boot.split(',').filter((one) => one.startsWith('hostfwd='))).toEqual(
      ['2222-10.77.4.101:22', '2379-10.77.4.101:2379', '4001-10.77.4.101:4001']
        .concat(['2280-10.77.4.101:80', '8080-10.77.4.101:8080'])
        .map((one) => `hostfwd=tcp:127.77.4.101:${one}`),
    );
    expect(segment).toBe('socket,id=segment,mcast=239.77.1.2:16387,localaddr=127.0.0.1');
  });

  test('a comma of the operator ends no value', () => {
    const order = testOrder(1, { serial: 'A,mac=B', bootUrl: 'http://127.0.0.1/a,b' });
    const words = argumentsOf({ order });
    expect(valuesOf(words, '-smbios')).toEqual([expect.stringMatching(/,serial=A,,mac=B$/)]);
    expect(valuesOf(words, '-netdev')[0]).toContain('bootfile=http://127.0.0.1/a,,b,');
    expect(valuesOf(argumentsOf(), '-smbios')[0]).not.toContain('serial');
  });

  test('KVM shows its own processor, emulation an old one', () => {
    expect(valuesOf(argumentsOf({ accel: 'kvm' }), '-cpu')).toEqual(['host']);
    expect(valuesOf(argumentsOf(), '-cpu')).toEqual(['qemu64']);
  });

  test('a disk, memory and processors as the options say; on a bridge, one card', () => {
    const words = argumentsOf({
      asked: { memory: '2G', cpus: 4, disk: '4G' },
      wires: { kind: 'tap', device: 'tap0' },
    });
    expect(words).toEqual(expect.arrayContaining(['-m', '2048M', '-smp', '4']));
    expect(valuesOf(words, '-drive')).toEqual(['file=../disk.raw,format=raw,if=virtio,discard=unmap']);
    expect(valuesOf(words, '-netdev')).toEqual(['tap,id=boot,ifname=tap0,script=no,downscript=no']);
    expect(words.join(' ')).not.toContain('hostfwd');
  });
});

test('the second card is another one of the same machine', () => {
  expect(segmentMac('52:54:00:aa:bb:cc')).toBe('56:54:00:aa:bb:cc');
  expect(segmentMac(segmentMac('02:00:00:00:00:01'))).toBe('02:00:00:00:00:01');
});
