// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNearestName, hintForName } from './nearest-name.js';

const known = ['name', 'machines', 'listen_client_urls', 'listen_peer_urls', 'userData'];

test.each([
  ['nmae', 'name'],
  ['NAME', 'name'],
  ['machine', 'machines'],
  ['listen-client-url', 'listen_client_urls'],
  ['listen_pear_urls', 'listen_peer_urls'],
  ['user_data', 'userData'],
  ['colour', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
])('%s is near %s', (written, expected) => {
  expect(findNearestName(written, known)).toBe(expected);
});

test('the hint names the nearest key, else all keys', () => {
  expect(hintForName('nmae', known)).toBe('did you mean "name"?');
  expect(hintForName('colour', ['name', 'domain'])).toBe('known here: name, domain');
  expect(hintForName('colour', [])).toBe('take it out');
});

test('a known name is nearest to itself', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (names) => {
      for (const name of names) expect(findNearestName(name, names)).toBe(name);
    }),
  );
});
