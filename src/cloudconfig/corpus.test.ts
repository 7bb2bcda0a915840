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

test('every rule that is told of is listed, and met somewhere in the corpus', () => {
  const met = new Set(names.flatMap((name) => report(name).issues.map(({ rule = '' }) => rule)));
  expect([...met].sort()).toEqual(Object.keys(problemRules).sort());
});
