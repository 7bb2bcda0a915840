// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseAssignments, parseEnvironmentFile } from './environment.js';

test('assignments are quoted as words are', () => {
  expect(parseAssignments(`A=1 "B=two words" C="x y" 'D=$x' bad 1E=x F=`)).toEqual([
    ['A', '1'],
    ['B', 'two words'],
    ['C', 'x y'],
    ['D', '$x'],
    ['F', ''],
  ]);
});

test('an unclosed quote gives nothing', () => {
  expect(parseAssignments('"A=1')).toEqual([]);
});

test('an environment file', () => {
  const text = [
    '# comment',
    '; another',
    '',
    'A=1',
    '  B = two words  ',
    'C="x  y" # kept',
    `D='$a\\n'`,
    'E=one\\',
    'two',
    'F="line',
    'break"',
    'G=',
    'no assignment',
    'export H=h\r',
    String.raw`I="a\"b\\c\d"`,
    'A=2',
  ].join('\n');
  expect(parseEnvironmentFile(text)).toEqual({
    A: '2',
    B: 'two words',
    C: 'x  y # kept',
    D: '$a\\n',
    E: 'onetwo',
    F: 'line\nbreak',
    G: '',
    H: 'h',
    I: 'a"b\\c\\d',
  });
});
