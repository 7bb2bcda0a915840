// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { findRemoteAddress, isOwnCaller } from './peer-address.js';

const from = (remoteAddress: string, localAddress = '192.0.2.1') => ({
  incoming: { socket: { remoteAddress, localAddress } },
});

test.each([
  ['127.0.0.1', true],
  ['127.9.8.7', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.0.2.1', true],
  ['::ffff:192.0.2.1', true],
  ['192.0.2.2', false],
  ['2001:db8::1', false],
  ['127.0.0.1.example', false],
])('%s is of this computer: %s', (address, isOwn) => {
  expect(isOwnCaller(new Request('http://x/'), from(address))).toBe(isOwn);
});

test('a web page is not, nor one whose address nobody knows', () => {
  const page = new Request('http://x/', { headers: { origin: 'http://evil.example' } });
  expect(isOwnCaller(page, from('127.0.0.1'))).toBe(false);
  expect(isOwnCaller(new Request('http://x/'), undefined)).toBe(false);
  expect(findRemoteAddress({ incoming: {} })).toBeUndefined();
});
