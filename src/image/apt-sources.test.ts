// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { foreignSources } from './apt-sources.js';

const stanza = `Types: deb deb-src
URIs: http://mirror.example/debian
# by hand
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

test('the own release gives its place to another, with its updates, mirror and keys', () => {
  const { styled, lined } = foreignSources([{ path: 'debian.sources', text: stanza }], 'trixie');
  expect(lined).toBe('');
  expect(styled).toContain('Suites: trixie trixie-updates\n');
  expect(styled).toContain('Types: deb\n');
  expect(styled).toContain('Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg');
});

test('archives of others, source packages and what is turned off are left out', () => {
  const others = 'Types: deb\nURIs: http://other.example\nSuites: nodistro\nComponents: main\n';
  const off = `${stanza}Enabled: no\n`;
  const list = [
    'deb http://mirror.example/debian bookworm main',
    'deb [signed-by=/k.gpg] http://mirror.example/debian-security bookworm-security main',
    'deb-src http://mirror.example/debian bookworm main',
    'deb http://other.example cloud-bookworm main',
    '# deb http://mirror.example/debian bookworm contrib',
  ].join('\n');
  expect(
    foreignSources(
      [
        { path: 'other.sources', text: others },
        { path: 'off.sources', text: off },
        { path: 'sources.list', text: list },
      ],
      'trixie',
    ),
  ).toEqual({
    styled: '',
    lined:
      'deb http://mirror.example/debian trixie main\ndeb [signed-by=/k.gpg] http://mirror.example/debian-security trixie-security main\n',
  });
});

test('nothing of the own release is nothing', () => {
  expect(foreignSources([], 'trixie')).toEqual({ styled: '', lined: '' });
});
