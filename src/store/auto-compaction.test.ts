// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseAutoCompaction } from './auto-compaction.js';

test.each([
  ['periodic', '1', { mode: 'periodic', retentionMs: 3_600_000 }],
  ['periodic', '1h30m', { mode: 'periodic', retentionMs: 5_400_000 }],
  ['periodic', '1.5s', { mode: 'periodic', retentionMs: 1_500 }],
  ['periodic', '0', undefined],
  ['periodic', 'soon', 'invalid'],
  ['revision', '1000', { mode: 'revision', retention: 1000 }],
  ['revision', '0', undefined],
  ['revision', '5m', 'invalid'],
  ['other', '1', 'invalid'],
])('%s %s', (mode, retention, expected) => {
  expect(parseAutoCompaction(mode, retention)).toEqual(expected);
});
