// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { expandArguments, parseCommandLine } from './command-line.js';
import { splitWords } from './words.js';

describe('words', () => {
  test.each([
    ['a b  c', ['a', 'b', 'c']],
    ['  ', []],
    [`"a b" 'c d'`, ['a b', 'c d']],
    [`--x="a b"'c'd`, ['--x=a bcd']],
    [`""`, ['']],
    [String.raw`a\ b`, ['a\\', 'b'].join(' ').split('|')],
    [String.raw`"a\"b" 'c\'d'`, ['a"b', "c'd"]],
    [String.raw`\x41\102\u00e9\n\s.`, ['ABé\n .']],
    [String.raw`\q \x0`, ['\\q', '\\x0']],
    ['a\\', ['a\\']],
  ])('%s', (value, words) => {
    expect(splitWords(value)?.map(({ text }) => text)).toEqual(words);
  });

  test.each(['"a', "'a b", `"a' b`])('a quote that is not closed: %s', (value) => {
    expect(splitWords(value)).toBeUndefined();
  });
});

describe('command lines', () => {
  test.each([
    ['/bin/a x', { program: '/bin/a', args: ['x'], isFailureIgnored: false, isExpanded: true }],
    ['-/bin/a', { program: '/bin/a', args: [], isFailureIgnored: true, isExpanded: true }],
    ['-@!/bin/a name x', { program: '/bin/a', args: ['x'], isFailureIgnored: true, isExpanded: true }],
    [':+/bin/a $X', { program: '/bin/a', args: ['$X'], isFailureIgnored: false, isExpanded: false }],
  ])('%s', (value, command) => {
    expect(parseCommandLine(value)).toEqual({ kind: 'ok', commands: [command] });
  });

  test('a lone semicolon parts commands, a quoted or escaped one does not', () => {
    const found = parseCommandLine(String.raw`/bin/a ; /bin/b ";" \; x`);
    expect(found).toMatchObject({
      commands: [
        { program: '/bin/a', args: [] },
        { program: '/bin/b', args: [';', ';', 'x'] },
      ],
    });
  });

  test('what is no command is told', () => {
    expect(parseCommandLine('/bin/a "x')).toMatchObject({
      kind: 'bad',
      reason: expect.stringContaining('quote'),
    });
    expect(parseCommandLine('-')).toMatchObject({ kind: 'bad', reason: 'no program in "-"' });
  });
});

describe('variables', () => {
  const environment = { ONE: 'one', TWO: `a 'b c'`, EMPTY: '', ODD: `it's` };

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is systemd's notation
  test.each([
    [['$TWO'], ['a', 'b c']],
    [['${TWO}'], [`a 'b c'`]],
    [
      ['x${ONE}y', 'x$ONE'],
      ['xoney', 'x$ONE'],
    ],
    [['$EMPTY', '$UNSET', '${UNSET}'], ['']],
    [
      ['$$ONE', '$$', '$${ONE}'],
      ['$ONE', '$', '${ONE}'],
    ],
    [['$ODD'], [`it's`]],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is systemd's notation
  ])('%j', (args, wanted) => {
    expect(expandArguments(args, environment)).toEqual(wanted);
  });
});
