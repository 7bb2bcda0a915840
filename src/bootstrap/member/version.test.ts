// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type Exec, realExec } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import { readVersion } from './version.js';

const saying = (stdout: string): Exec => ({
  ...realExec,
  run: async () => ({ code: 0, signal: undefined, stdout, stderr: '' }),
});
const missing: Exec = { ...realExec, run: () => Promise.reject(new Error('ENOENT')) };

test('is read from what etcd says of itself', async () => {
  const said = 'etcd Version: 3.5.16\nGit SHA: Not provided\nGo Version: go1.24.0\n';
  expect(await readVersion(saying(said), 'etcd')).toEqual({ major: 3, minor: 5, text: '3.5.16' });
});

test.each([
  ['bootstrap/etcd-missing', missing, 'there is no etcd here: cannot run "etcd"'],
  [
    'bootstrap/etcd-unfit',
    saying('etcd Version: 3.3.27\n'),
    'cannot use "etcd" as etcd: it says of itself "3.3.27"',
  ],
  ['bootstrap/etcd-unfit', saying('hello\n'), 'cannot use "etcd" as etcd: it says of itself "hello"'],
])('%s', async (code, exec, message) => {
  const error: unknown = await readVersion(exec, 'etcd').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message });
  if (code === 'bootstrap/etcd-missing' && isMusterError(error)) {
    expect(error.next).toContain('apt-get install etcd-server');
  }
});
