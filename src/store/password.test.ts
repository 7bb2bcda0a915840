// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { openPasswords } from './password.js';

test('a flood of log-ins is told to come back, and nobody else waits for it', async () => {
  const passwords = openPasswords(2);
  const secret = await passwords.hash('right');
  const first = [passwords.isRight('wrong', secret), passwords.isRight('right', undefined)];
  await expect(passwords.isRight('right', secret)).rejects.toMatchObject({ code: 'etcd/too-many-requests' });
  expect(await Promise.all(first)).toEqual([false, false]);
  expect(await passwords.isRight('right', secret)).toBe(true);
});
