// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { ageText } from './machine-table.js';

test.each([
  ['', ''],
  ['2026-01-01T00:00:00.000Z', 'now'],
  ['2025-12-31T23:59:48.000Z', '12s ago'],
  ['2025-12-31T23:57:59.000Z', '2m ago'],
  ['2025-12-31T20:00:00.000Z', '4h ago'],
  ['2025-12-20T00:00:00.000Z', '12d ago'],
  ['2026-01-01T00:00:09.000Z', 'now'],
])('%s is %s', (time, text) => {
  expect(ageText(time, Date.parse('2026-01-01T00:00:00.000Z'))).toBe(text);
});
