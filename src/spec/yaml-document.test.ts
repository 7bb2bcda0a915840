// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openYaml, type YamlDocument, type YamlOptions } from './yaml-document.js';

function open(text: string, options: YamlOptions = {}): YamlDocument {
  const opened = openYaml(text, options);
  if (opened.kind === 'bad') throw new Error(JSON.stringify(opened.issues));
  return opened.document;
}

function firstIssue(text: string, options: YamlOptions = {}): string {
  const opened = openYaml(text, options);
  const [issue] = opened.kind === 'bad' ? opened.issues : opened.document.warnings;
  if (issue === undefined) return 'no issue';
  return `${issue.line}:${issue.column} ${issue.severity}: ${issue.message} | ${issue.hint}`;
}

test('plain data, with text where a number would lose how it is written', () => {
  const text = 'a: 1\nb: 1.10\nc: 0644\nd: true\ne: on\nf:\ng: "1"\nh: [1, x]\ni: 2001-01-01\n';
  expect(open(text).value).toEqual({
    a: 1,
    b: '1.10',
    c: '0644',
    d: true,
    e: 'on',
    f: undefined,
    g: '1',
    h: [1, 'x'],
    i: '2001-01-01',
  });
});

test('under YAML 1.1 numbers and booleans are as they were, and their text is still known', () => {
  const document = open('a: 0644\nb: on\nc: 1:30\nd: 2001-01-01\ne: y\n', { version: '1.1' });
  expect(document.value).toEqual({ a: 420, b: true, c: 90, d: '2001-01-01', e: true });
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => document.textAt([key]))).toEqual([
    '0644',
    'on',
    '1:30',
    '2001-01-01',
    'y',
  ]);
});

test('an empty text, and one of comments only, hold no value', () => {
  expect(open('').value).toBeUndefined();
  expect(open('# nothing\n').value).toBeUndefined();
  expect(open('---\n').value).toBeUndefined();
});

test('the place of keys, values, items, and of what is not written', () => {
  const document = open('machines:\n  - name: a\n    metadata: {rack: a1}\nempty:\n');
  const at = (path: (string | number)[], what?: 'key' | 'value') => {
    const { path: written, line, column } = document.place(path, what);
    return `${written} ${line}:${column}`;
  };
  expect(at([])).toBe(' 1:1');
  expect(at(['machines'], 'key')).toBe('machines 1:1');
  expect(at(['machines', 0])).toBe('machines[0] 2:5');
  expect(at(['machines', 0, 'metadata', 'rack'])).toBe('machines[0].metadata.rack 3:22');
  expect(at(['machines', 0, 'metadata', 'rack'], 'key')).toBe('machines[0].metadata.rack 3:16');
  expect(at(['machines', 0, 'mac'])).toBe('machines[0].mac 2:5');
  expect(at(['machines', 7, 'mac'])).toBe('machines[7].mac 2:3');
  expect(at(['empty', 'a b'])).toBe('empty["a b"] 4:7');
});

test('keys may be known by another name; places show them as written', () => {
  const document = open('a-b:\n  c-d: 1\n', { nameOf: (key) => key.replaceAll('-', '_') });
  expect(document.value).toEqual({ a_b: { c_d: 1 } });
  expect(document.place(['a_b', 'c_d'])).toEqual({ path: 'a-b.c-d', line: 2, column: 8 });
});

test('anchors, aliases and merges, and places through them', () => {
  const document = open(
    'base: &b {x: 1, y: 2}\none: *b\ntwo:\n  <<: *b\n  y: 3\nthree:\n  <<: [{x: 9}, *b]\n',
  );
  expect(document.value).toEqual({
    base: { x: 1, y: 2 },
    one: { x: 1, y: 2 },
    two: { x: 1, y: 3 },
    three: { x: 9, y: 2 },
  });
  expect(document.place(['one', 'x'])).toMatchObject({ line: 1, column: 14 });
  expect(document.place(['two', 'x'])).toMatchObject({ line: 1, column: 14 });
  expect(document.place(['three', 'x'])).toMatchObject({ line: 7, column: 12 });
});

test('a key named __proto__ is data like any other', () => {
  const value = open('__proto__: {polluted: true}\n').value;
  expect(Object.keys(value ?? {})).toEqual(['__proto__']);
  expect(value).not.toHaveProperty('polluted');
});

test.each([
  ['duplicate keys', 'a: 1\nb: 2\na: 3\n', '3:1 error: the key "a" comes twice | keep one of them'],
  [
    'an open bracket',
    'a: [b',
    '1:6 error: flow sequence in block collection must be sufficiently indented and end with a ] | keys of one mapping begin in the same column; quotes and brackets must be closed',
  ],
  [
    'an open quote',
    'a: "b\n',
    '2:1 error: missing closing "quote | look for a missing colon, quote or bracket here or just above',
  ],
  [
    'a tab',
    'a:\n\tb: 1\n',
    '2:1 error: tabs are not allowed as indentation | indent with blanks, not with tabs',
  ],
  [
    'a missing colon',
    'a: 1\nb\nc: 2\n',
    '2:1 error: implicit map keys need to be followed by map values | look for a missing colon, quote or bracket here or just above',
  ],
  [
    'two documents',
    'a: 1\n---\nb: 1\n',
    '2:1 error: a second document begins here | only the first is read: take the "---" out',
  ],
  ['an unknown alias', 'a: *x\n', '1:4 error: no anchor "&x" stands above | write the value out'],
  ['an alias in itself', 'a: &x [*x]\n', '1:8 error: "*x" holds itself | write the value out'],
  ['a key that is a list', '? [a]\n: 1\n', '1:3 error: a key must be plain text | write it as name: value'],
  [
    'a merge of text',
    'a:\n  <<: b\n',
    '2:7 error: "b" cannot be merged | merge a mapping, or a list of mappings',
  ],
  [
    'deep nesting',
    '['.repeat(100_000),
    '1:65 error: nested deeper than 64 levels | write it with fewer levels',
  ],
  [
    'deep blocks',
    '- '.repeat(1000),
    '1:128 error: nested deeper than 64 levels | write it with fewer levels',
  ],
  ['a huge text', `a: ${'x'.repeat(1024 * 1024)}`, '1:1 error: the text is larger than 1 MiB | split it'],
])('%s is refused', (_, text, expected) => {
  expect(firstIssue(text)).toBe(expected);
});

test('a lenient reading takes the last of two keys and the first of two documents, and says so', () => {
  const document = open('a: 1\na: 2\n---\nb: 1\n', { isLenient: true });
  expect(document.value).toEqual({ a: 2 });
  expect(document.warnings.map(({ severity, line }) => [severity, line])).toEqual([
    ['warning', 2],
    ['warning', 3],
  ]);
});

test('a bomb of aliases is refused', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}*l${i}]`);
  expect(firstIssue(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toContain('aliases make this text too large');
});

test('a text of nothing but mistakes ends with few issues', () => {
  const opened = openYaml(']'.repeat(500_000));
  const issues = opened.kind === 'bad' ? opened.issues : [];
  expect(issues.length).toBeLessThanOrEqual(20);
  expect(issues[0]?.message).toMatch(/unexpected/);
});

test('many keys of one mapping are checked in one pass', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join('\n');
  expect(Object.keys(open(text).value ?? {})).toHaveLength(10_000);
});

const yamlish = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        ': ',
        '- ',
        '\n',
        '  ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '|\n',
        '&a ',
        '*a',
        '<<: ',
        '!!',
        '#',
        '\t',
        '---\n',
        '...\n',
        '%',
        '? ',
        '0644',
        'on',
        '\r',
        '\uFEFF',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('any text gives a document or issues with places', () => {
  fc.assert(
    fc.property(yamlish, fc.boolean(), (text, isLenient) => {
      const opened = openYaml(text, { version: isLenient ? '1.1' : '1.2', isLenient });
      const issues = opened.kind === 'bad' ? opened.issues : opened.document.warnings;
      if (opened.kind === 'bad') expect(issues.length).toBeGreaterThan(0);
      const lines = text.split('\n').length;
      for (const issue of issues) {
        expect(issue.line).toBeGreaterThanOrEqual(1);
        expect(issue.line).toBeLessThanOrEqual(lines);
        expect(issue.column).toBeGreaterThanOrEqual(1);
        expect(issue.message).not.toBe('');
        expect(issue.hint).not.toBe('');
      }
    }),
    { numRuns: 500 },
  );
});
