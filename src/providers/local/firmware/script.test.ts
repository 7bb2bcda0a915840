// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScript } from './script.js';
import { expand } from './variables.js';

const variables = new Map([
  ['a', 'one'],
  ['b', 'a'],
  ['mac', '52:54:00:AA:00:01'],
  ['text', 'Box One/ü'],
  ['self', `\${self}`],
]);

test.each([
  ['plain', 'plain'],
  [`\${a}`, 'one'],
  [`x\${a}y\${a}z`, 'xoneyonez'],
  [`\${nobody}`, ''],
  [`\${\${b}}`, 'one'],
  [`\${self}`, `\${self}`],
  [`\${mac:hexhyp}`, '52-54-00-aa-00-01'],
  [`\${net0/mac:hexhyp}`, '52-54-00-aa-00-01'],
  [`\${mac:hexraw}`, '525400aa0001'],
  [`\${a:hex}`, '6f:6e:65'],
  [`\${text:uristring}`, 'Box%20One%2F%C3%BC'],
  [`\${a:nonsense}`, ''],
  [`\${a`, `\${a`],
  [`}\${`, `}\${`],
  ['$a', '$a'],
])('%s is expanded to %s', (text, expected) => {
  expect(expand(text, variables)).toBe(expected);
});

test('a word that would grow too long is none', () => {
  const long = new Map([['l', 'x'.repeat(4000)]]);
  expect(expand(`\${l}`, long)).toHaveLength(4000);
  expect(expand(`\${l}\${l}`, long)).toBeUndefined();
  expect(expand(`\${`.repeat(30_000), long)).toBeUndefined();
});

test.each(['', 'echo', '#!ipxe', '#!ipxeX\n', ' #!ipxe\n', '<html>', '#!/bin/sh\n'])(
  '"%s" is no script',
  (text) => {
    expect(parseScript(text)).toBeUndefined();
  },
);

test('lines, labels, connectors, comments and joined lines', () => {
  const script = parseScript(
    '#!ipxe\r\n\n :top echo a#b #c\n:top\nkernel x \\\n  y && boot || goto top ; exit # end\n#\n',
  );
  expect(script?.labels).toEqual(new Map([['top', 2]]));
  expect(script?.lines.map(({ number, commands }) => [number, commands])).toEqual([
    [1, [{ words: [], next: 'end' }]],
    [2, [{ words: [], next: 'end' }]],
    [3, [{ words: ['echo', 'a#b'], next: 'end' }]],
    [4, [{ words: [], next: 'end' }]],
    [
      5,
      [
        { words: ['kernel', 'x', 'y'], next: 'on-success' },
        { words: ['boot'], next: 'on-failure' },
        { words: ['goto', 'top'], next: 'always' },
        { words: ['exit'], next: 'end' },
      ],
    ],
    [7, [{ words: [], next: 'end' }]],
    [8, [{ words: [], next: 'end' }]],
  ]);
});

test('any text is expanded to a text or none', () => {
  const text = fc.stringMatching(/^[${}a:xb/]*$/);
  fc.assert(fc.property(text, (word) => ['string', 'undefined'].includes(typeof expand(word, variables))));
});
