// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { fail } from '../../etcd/index.js';
import { isSilent } from './is-silent.js';

test.each([
  ['nobody listens', fail('etcd/unavailable', { reason: 'refused' }), true],
  ['nothing comes back', fail('etcd/deadline-exceeded'), true],
  ['it asks who we are', fail('etcd/permission-denied'), false],
  ['it has no leader', fail('etcd/no-leader'), false],
  ['something else is wrong', new Error('a defect'), false],
])('%s', async (_what, error, silent) => {
  expect(await isSilent({ status: () => Promise.reject(error) })).toBe(silent);
});
