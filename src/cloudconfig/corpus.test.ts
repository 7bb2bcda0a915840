// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeUserData } from './decode-user-data.js';
import { renderUserData } from './render-user-data.js';
import { problemRules } from './rule.js';
import { cloudConfigOf, goldenOf } from './testing.js';
import { parseUserData } from './user-data.js';
import { type UserDataReport, validateUserData } from './validate-user-data.js';

const folder = join(import.meta.dirname, '../../test/corpus');
const names = readdirSync(folder).filter((name) => !name.endsWith('.original'));

function report(name: string): UserDataReport {
  return validateUserData(readFileSync(join(folder, name)));
}

function renderReport({ kind, issues }: UserDataReport): string {
  const lines = issues.map(
    ({ line, column, severity, rule, path, message, hint }) =>
      `${line}:${column} ${severity} ${rule} ${path}: ${message} | ${hint}\n`,
  );
  return [`${kind}\n`, ...lines].join('');
}

test('the corpus is large', () => {
  expect(names.length).toBeGreaterThanOrEqual(60);
});

test.each(names)('the report on %s is the golden one', (name) => {
  const text = renderReport(report(name));
  expect(text).toBe(goldenOf(`reports/${name}.txt`, text));
});

test.each(names)('%s as rendered is read as the same', (name) => {
  const decoded = decodeUserData(readFileSync(join(folder, name)));
  const parsed = decoded.kind === 'text' ? parseUserData(decoded.text) : decoded;
  if (parsed.kind !== 'cloud-config') return;
  expect(cloudConfigOf(renderUserData(parsed.config))).toEqual(parsed.config);
});

/** Lines on which coreos-cloudinit f1f0405 --validate reports on texts of this form, as it was run. */
const original: readonly (readonly [name: string, lines: readonly number[]])[] = [
  ['article-basic.yaml', [4, 10]],
  ['etcd-0.4-with-options-of-2.yaml', [4, 5, 7, 8, 9]],
  ['etcd2-deprecated.yaml', [4, 5, 6]],
  ['etcd2-wrong-types.yaml', [4, 5, 6, 7, 8, 9, 10]],
  ['files-wrong.yaml', [4, 8, 10, 12, 14, 17]],
  ['json.json', [1]],
  ['locksmith-in-braces.yaml', [4]],
  ['locksmith-wrong.yaml', [5, 7, 8]],
  ['misplaced.yaml', [3, 5, 8, 10, 11]],
  ['no-header.yaml', [1]],
  ['nothing-written.yaml', [3, 4, 6, 7, 8, 10]],
  ['same-key-under-other-parents.yaml', [9, 10]],
  ['tab.yaml', [4]],
  ['units-wrong.yaml', [7, 8, 9]],
  ['unknown-keys.yaml', [3, 5, 6, 7]],
  ['update-false.yaml', [5, 6]],
  ['users-imported.yaml', [5, 6, 7]],
  ['users-string.yaml', [3, 4, 6]],
  ['users-wrong.yaml', [5, 6]],
];

test.each(original)('what coreos-cloudinit reports on %s is reported on its line', (name, lines) => {
  expect(report(name).issues.map(({ line }) => line)).toEqual(expect.arrayContaining([...lines]));
});

test.each(['script.sh', 'ignition.json', 'empty.txt', 'header-only.yaml', 'files-modes.yaml', 'hosts.yaml'])(
  'there is nothing to say of %s, as there was not',
  (name) => {
    expect(report(name).issues).toEqual([]);
  },
);

test('every rule that is told of is listed, and met somewhere in the corpus', () => {
  const met = new Set(names.flatMap((name) => report(name).issues.map(({ rule = '' }) => rule)));
  expect([...met].sort()).toEqual(Object.keys(problemRules).sort());
});
