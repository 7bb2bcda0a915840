// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPlaceholder, substitute } from './substitute.js';
import { sampleFacts } from './testing.js';

const facts = {
  ...sampleFacts,
  privateIpv4: '10.0.0.1',
  publicIpv4: '192.0.2.1',
  privateIpv6: 'fd00::1',
  publicIpv6: '',
};

test.each([
  ['$private_ipv4 $public_ipv4 $private_ipv6 [$public_ipv6]', '10.0.0.1 192.0.2.1 fd00::1 []'],
  ['$private_ipv4$private_ipv4$public_ipv4', '10.0.0.110.0.0.1192.0.2.1'],
  ['\\$private_ipv4', '$private_ipv4'],
  ['\\\\$private_ipv4', '\\$private_ipv4'],
  ['$private_ipv4x', '10.0.0.1x'],
  [`$${'{'}private_ipv4}`, `$${'{'}private_ipv4}`],
  ['$private_ipv', '$private_ipv'],
  ['$unknown', '$unknown'],
  ['$PRIVATE_IPV4', '$PRIVATE_IPV4'],
  ['$muster_name at $muster_hostname', 'core-01 at core-01.muster.internal'],
  ['$muster_machine_id\\$muster_name', `${sampleFacts.machineId}$muster_name`],
  ['$muster_names $muster_host', '$muster_names $muster_host'],
  ['#!/bin/sh\necho $private_ipv4\n', '#!/bin/sh\necho 10.0.0.1\n'],
])('%s becomes %s', (text, expected) => {
  expect(substitute(text, facts)).toBe(expected);
});

test('a text without variables is left as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/_ipv|\$muster_/.test(text));
      expect(substitute(text, facts)).toBe(text);
    }),
  );
});

test('what a fact holds is not read again', () => {
  expect(substitute('$private_ipv4', { ...facts, privateIpv4: '$public_ipv4' })).toBe('$public_ipv4');
  expect(substitute('$private_ipv4', { ...facts, privateIpv4: '$&' })).toBe('$&');
});

test.each([
  ['http://<IP>:2380', '<IP>'],
  ['<...>', '<...>'],
  ['a < b > c', undefined],
  ['a <b', undefined],
])('the placeholder in %s is %s', (text, expected) => {
  expect(findPlaceholder(text)).toBe(expected);
});
