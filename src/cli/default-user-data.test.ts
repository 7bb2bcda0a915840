// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseUserData } from '../cloudconfig/index.js';
import { defaultUserData } from './default-user-data.js';

test('the default user-data is a cloud-config without a problem, and the example shows it', () => {
  expect(parseUserData(defaultUserData)).toMatchObject({ kind: 'cloud-config', issues: [] });
  const example = new URL('../../examples/default/user-data', import.meta.url);
  expect(readFileSync(example, 'utf8')).toBe(defaultUserData);
});
