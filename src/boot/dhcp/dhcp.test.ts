// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderDnsmasq, renderDnsmasqProxy, renderIsc, renderKea } from './dhcp-lines.js';
import { decodeOffer, encodeDiscover } from './dhcp-packet.js';
import { parseDhcpLog } from './dnsmasq-log.js';

const lines = { controlUrl: 'http://10.0.0.1:7979', tftp: '10.0.0.1', tags: ['bios', 'efi64'] } as const;

test('every notation has iPXE’s script, and a file for each firmware there is one for', () => {
  const all = [
    renderDnsmasq(lines),
    renderDnsmasqProxy(lines, '10.0.0.0', '255.255.255.0'),
    renderIsc(lines),
    renderKea(lines),
  ];
  for (const text of all) {
    expect(text).toContain('http://10.0.0.1:7979/boot.ipxe');
    expect(text).toContain('undionly.kpxe');
    expect(text).toContain('ipxe.efi');
    expect(text).not.toContain('arm64');
  }
  expect(() => JSON.parse(renderKea(lines))).not.toThrow();
});

function offer(xid: number, options: readonly number[]): Uint8Array {
  const packet = Buffer.alloc(300);
  packet[0] = 2;
  packet.writeUInt32BE(xid, 4);
  packet.set([10, 0, 0, 77], 16);
  packet.set([0x63, 0x82, 0x53, 0x63, ...options], 236);
  return packet;
}

test('an offer names its server, its address and its domain', () => {
  const options = [53, 1, 2, 0, 54, 4, 10, 0, 0, 9, 15, 4, 0x6c, 0x61, 0x6e, 0x1b, 255];
  expect(decodeOffer(offer(7, options), 7)).toEqual({
    server: '10.0.0.9',
    address: '10.0.0.77',
    domain: 'lan?',
    bootFile: '',
  });
  expect(decodeOffer(offer(8, options), 7)).toBeUndefined();
  expect(decodeOffer(offer(7, [53, 1, 5, 255]), 7)).toBeUndefined();
  expect(decodeOffer(encodeDiscover(7, new Uint8Array(6)), 7)).toBeUndefined();
});

test('any bytes are an offer or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 400 }), (bytes) => {
      decodeOffer(bytes, 1);
      decodeOffer(offer(1, [...bytes.subarray(0, 60)]), 1);
    }),
  );
});

test.each([
  ['DHCPDISCOVER(eth0) 52:54:00:aa:00:01', { mac: '52:54:00:aa:00:01', address: '' }],
  [
    'dnsmasq-dhcp[7]: 123 DHCPACK(br0) 10.0.0.5 52:54:00:aa:00:01 core-01',
    { mac: '52:54:00:aa:00:01', address: '10.0.0.5' },
  ],
  ['dnsmasq-dhcp: PXE(eth0) 52:54:00:aa:00:01 proxy', { mac: '52:54:00:aa:00:01', address: '' }],
  ['dnsmasq-tftp: sent /tftp/undionly.kpxe to 10.0.0.5', undefined],
  ['DHCPNAK(eth0) 52:54:00:aa:00:01', undefined],
])('the line "%s"', (line, sighting) => {
  expect(parseDhcpLog(line)).toEqual(sighting);
});
