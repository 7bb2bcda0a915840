// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { renderTable } from './print.js';

test('what a cell says neither colours the terminal nor makes lines of its own', async () => {
  const table = await renderTable(['a\n\u001b[31mMax: 9', 'ü'], [{ title: 'ID', text: (id) => id }]);
  expect(table).toBe('ID\na\\x0a\\x1b[31mMax: 9\nü\n');
});
