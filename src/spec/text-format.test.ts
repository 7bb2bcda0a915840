// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import {
  findDnsLabel,
  findDnsName,
  findIpv4,
  findIpv6,
  findMac,
  findSeconds,
  findUuid,
} from './text-format.js';

test.each([
  ['52:54:00:aa:00:01', '52:54:00:aa:00:01'],
  ['52-54-00-AA-00-01', '52:54:00:aa:00:01'],
  ['5254.00aa.0001', '52:54:00:aa:00:01'],
  ['525400AA0001', '52:54:00:aa:00:01'],
  ['52:54-00:aa:00:01', undefined],
  ['52:54:00:aa:00', undefined],
  ['52:54:00:aa:00:0g', undefined],
  ['53:54:00:aa:00:01', undefined],
  ['ff:ff:ff:ff:ff:ff', undefined],
  ['00:00:00:00:00:00', undefined],
  ['', undefined],
])('MAC address %s', (text, expected) => {
  expect(findMac(text)).toBe(expected);
});

test.each([
  ['3B4C5D6E-0000-4000-8000-000000000001', '3b4c5d6e-0000-4000-8000-000000000001'],
  ['3b4c5d6e000040008000000000000001', '3b4c5d6e-0000-4000-8000-000000000001'],
  ['3b4c5d6e-000040008000000000000001', undefined],
  ['00000000-0000-0000-0000-000000000000', undefined],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff', undefined],
  ['3b4c5d6e', undefined],
])('UUID %s', (text, expected) => {
  expect(findUuid(text)).toBe(expected);
});

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['10.0.0.256', undefined],
  ['10.0.0.01', undefined],
  ['10.0.0', undefined],
  ['10.0.0.1.1', undefined],
])('IPv4 address %s', (text, expected) => {
  expect(findIpv4(text)).toBe(expected);
});

test.each([
  ['FD00::0001', 'fd00::1'],
  ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ['::1', '::1'],
  ['fe80::1%eth0', undefined],
  ['[::1]', undefined],
  ['10.0.0.1', undefined],
  ['1:2:3', undefined],
  [':::', undefined],
])('IPv6 address %s', (text, expected) => {
  expect(findIpv6(text)).toBe(expected);
});

test.each([
  ['10', 10],
  ['10s', 10],
  ['1m30s', 90],
  ['1h', 3600],
  ['2000ms', 2],
  ['1500ms', undefined],
  ['1.5s', undefined],
  ['1d', undefined],
  ['-1s', undefined],
  ['', undefined],
])('time %s', (text, expected) => {
  expect(findSeconds(text)).toBe(expected);
});

test.each([
  ['core-01', true],
  ['a', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['Core', false],
  ['-a', false],
  ['a-', false],
  ['a.b', false],
  ['', false],
])('DNS label %s', (text, isLabel) => {
  expect(findDnsLabel(text)).toBe(isLabel ? text : undefined);
});

test.each([
  ['muster.internal', true],
  ['internal', true],
  ['muster.internal.', false],
  ['a..b', false],
  [`${'a'.repeat(63)}.`.repeat(4).slice(0, -1), false],
])('DNS name %s', (text, isName) => {
  expect(findDnsName(text)).toBe(isName ? text : undefined);
});
