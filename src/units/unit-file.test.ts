// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseUnitFile } from './unit-file.js';

test('sections, repeated keys, resets, comments, blanks and quotes', () => {
  const text = `# a comment
; another
[Unit]
Description = Says  hello

[Service]
Environment="A=1" B=2
Environment=
ExecStart=/bin/sh -c 'echo = "$A"; sleep 1'
 # indented comment
[Unit]
After=a.service
[X-Fleet]
Global=true
`;
  expect(parseUnitFile(text)).toEqual({
    issues: [],
    unit: {
      sections: [
        {
          name: 'Unit',
          entries: [
            { key: 'Description', value: 'Says  hello', line: 4 },
            { key: 'After', value: 'a.service', line: 12 },
          ],
        },
        {
          name: 'Service',
          entries: [
            { key: 'Environment', value: '"A=1" B=2', line: 7 },
            { key: 'Environment', value: '', line: 8 },
            { key: 'ExecStart', value: `/bin/sh -c 'echo = "$A"; sleep 1'`, line: 9 },
          ],
        },
        { name: 'X-Fleet', entries: [{ key: 'Global', value: 'true', line: 14 }] },
      ],
    },
  });
});

test.each([
  ['a continued line', 'A=1 \\\n  2\nB=3', ['1    2', '3']],
  ['a comment in between', 'A=1 \\\n# no\n  2', ['1    2']],
  ['an escaped backslash at the end goes on nowhere', 'A=1\\\\\nB=2', ['1\\\\', '2']],
  ['three backslashes do', 'A=1\\\\\\\n2', ['1\\\\ 2']],
  ['the end of the text ends it', 'A=1 \\', ['1']],
  ['an empty line ends it', 'A=1 \\\n\nB=2', ['1', '2']],
  ['carriage returns are line ends', 'A=1\r\nB=2\r', ['1', '2']],
  ['a tab around the sign', 'A\t=\t1', ['1']],
])('%s', (_, body, values) => {
  const { unit, issues } = parseUnitFile(`[S]\n${body}`);
  expect(unit.sections.flatMap((section) => section.entries.map((entry) => entry.value))).toEqual(values);
  expect(issues).toEqual([]);
});

test('a byte order mark is no part of the text', () => {
  expect(parseUnitFile('\uFEFF[S]\nA=1').unit.sections[0]?.name).toBe('S');
});

test('what cannot be read is skipped and told', () => {
  const { unit, issues } = parseUnitFile(
    'A=0\n[Service]\n  nonsense\n=1\n[broken\nB=2\n[]\n[Install]\nC=3\n',
  );
  expect(unit.sections.map(({ name, entries }) => [name, entries.length])).toEqual([
    ['Service', 0],
    ['Install', 1],
  ]);
  expect(issues.map(({ line, column, message, hint }) => `${line}:${column} ${message} | ${hint}`)).toEqual([
    '1:1 "A=0" stands outside of any section and is skipped | put a header like [Service] above it',
    '3:3 "nonsense" is no assignment and is skipped | write it like Key=value',
    '4:1 "=1" is no assignment and is skipped | write it like Key=value',
    '5:1 "[broken" is not a section header | write it like [Service]',
    '6:1 "B=2" stands outside of any section and is skipped | put a header like [Service] above it',
    '7:1 "[]" is not a section header | write it like [Service]',
  ]);
});

test('any text gives sections or issues, each entry at a line of the text', () => {
  const piece = fc.oneof(
    fc.constantFrom('[S]', '\n', '=', '\\\n', '#', ' ', 'Key=value\n'),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      const lines = text.split(/\r\n|\n|\r/).length;
      const { unit, issues } = parseUnitFile(text);
      for (const { line } of [...issues, ...unit.sections.flatMap(({ entries }) => entries)]) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
      }
      expect(new Set(unit.sections.map(({ name }) => name)).size).toBe(unit.sections.length);
    }),
  );
});
