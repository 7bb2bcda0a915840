// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { machineId } from '../model/index.js';
import { appSpecificId, zincatiApplication } from './app-specific-id.js';

test('a UUID of version 4 that tells nothing of the machine ID, always the same', () => {
  const id = appSpecificId(machineId('a'.repeat(32)), zincatiApplication);
  expect(id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(appSpecificId(machineId('a'.repeat(32)), zincatiApplication)).toBe(id);
  expect(appSpecificId(machineId('b'.repeat(32)), zincatiApplication)).not.toBe(id);
});
