// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateUserData } from './validate-user-data.js';

const corpus = join(import.meta.dirname, '../../test/corpus');
const texts = readdirSync(corpus).map((name) => readFileSync(join(corpus, name)));

function reportOf(bytes: Uint8Array) {
  const report = validateUserData(bytes);
  for (const { line, column, hint, message, rule } of report.issues) {
    expect([line >= 1, column >= 1, hint !== '', message !== '', rule !== undefined]).not.toContain(false);
  }
  return report;
}

test('any bytes give a report, with a place, a rule and a hint for each problem', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      reportOf(bytes);
      reportOf(Buffer.concat([Buffer.from('#cloud-config\n'), bytes]));
      reportOf(Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes]));
    }),
    { numRuns: 300 },
  );
});

test('a file of the corpus with a piece cut out, or put elsewhere, gives a report', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...texts), place, place, place, (bytes, a, b, c) => {
      const [from, to] = [a, b].map((part) => Math.floor(part * bytes.length)).sort((x, y) => x - y);
      const piece = bytes.subarray(from, to);
      const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
      const at = Math.floor(c * rest.length);
      reportOf(rest);
      reportOf(Buffer.concat([rest.subarray(0, at), piece, rest.subarray(at)]));
    }),
    { numRuns: 200 },
  );
});

test('an item of a list that is wrong is told what belongs there, too', () => {
  const { issues } = reportOf(
    Buffer.from('#cloud-config\nssh_authorized_keys: [[a]]\nusers: [{name: a, groups: ["a,b"]}]\n'),
  );
  expect(issues.filter(({ severity }) => severity === 'error')).toHaveLength(2);
});

describe('what is made to take long, or much, is refused', () => {
  const cloud = (text: string) => Buffer.from(`#cloud-config\n${text}`);
  const nested = [...'bcdefghij'].map((name, index) => {
    const below = String.fromCharCode(97 + index);
    return `${name}: &${name} [${Array(9).fill(`*${below}`).join()}]\n`;
  });
  const merged = [...'bcdefghij'].map((name, index) => {
    const below = String.fromCharCode(97 + index);
    return `${name}: &${name} {<<: [${Array(9).fill(`*${below}`).join()}], ${name}x: 1}\n`;
  });

  const packed = gzipSync(Buffer.alloc(12 * 1024 * 1024)).toString('base64');
  const again = '- {path: /a, encoding: gz+b64, content: *a}\n';

  test.each([
    ['10 MB of text', cloud(`a: ${'x'.repeat(10_000_000)}`), 'larger than 1 MiB'],
    ['10 MB of list items', cloud('- a\n'.repeat(2_500_000)), 'larger than 1 MiB'],
    ['gzip that unpacks to 1 GB', gzipSync(Buffer.alloc(100_000_000)), 'larger than 1 MiB'],
    ['100,000 open brackets', cloud(`a: ${'['.repeat(100_000)}`), 'nested deeper'],
    ['100,000 dashes', cloud(`a:\n  ${'- '.repeat(100_000)}`), 'nested deeper'],
    ['aliases of aliases', cloud(`a: &a [x]\n${nested.join('')}`), 'aliases make this text too large'],
    ['an alias of itself', cloud('a: &a [*a]'), 'holds itself'],
    ['400,000 values', cloud(`a: [${'0,'.repeat(400_000)}]`), 'too many values'],
    [
      'one packed file, named 20 times',
      cloud(`write_files:\n- {path: /a, encoding: gz+b64, content: &a ${packed}}\n${again.repeat(19)}`),
      'come to more than 64 MiB',
    ],
    ['a zero byte', cloud('hostname: "a\0"'), 'zero byte'],
    ['half a character', Buffer.concat([cloud('hostname: '), Buffer.from([0xe2, 0x82])]), 'no UTF-8'],
  ])('%s', (_, bytes, message) => {
    const { issues } = reportOf(bytes);
    expect(issues.map((issue) => issue.message).join('\n')).toContain(message);
  });

  test.each([
    ['merges of merges', cloud(`a: &a {x: 1}\n${merged.join('')}`)],
    ['20,000 keys twice', cloud('a: 1\n'.repeat(20_000))],
    ['10,000 units without a name', cloud(`coreos:\n  units:\n${'    - {command: go}\n'.repeat(10_000)}`)],
    [
      '1 MB in one unit',
      cloud(`coreos:\n  units:\n    - name: a.service\n      content: ${'x=\\\\\\\\'.repeat(100_000)}`),
    ],
    [
      '40,000 empty lines in a file',
      cloud(`write_files:\n  - path: /a\n    content: |\n      a\n${'\n'.repeat(40_000)}      b\n`),
    ],
    ['one long line of variables', cloud(`a: ${'$private_ipv4_'.repeat(60_000)}`)],
  ])('%s', (_, bytes) => {
    expect(reportOf(bytes).issues.length).toBeLessThanOrEqual(200);
  });
});
