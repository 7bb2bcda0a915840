// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { UserAccount } from '../cloudconfig/index.js';
import { type AccountFiles, addAccount, setPassword } from './account-files.js';

const empty: AccountFiles = { passwd: '', group: '', shadow: '' };
const plain: UserAccount = {
  name: 'web',
  passwordHash: '',
  gecos: '',
  homeDir: '',
  primaryGroup: '',
  groups: [],
  shell: '',
  noCreateHome: undefined,
  noUserGroup: undefined,
  noLogInit: undefined,
  isSystem: undefined,
};

function added(files: AccountFiles, part: Partial<UserAccount> = {}) {
  const result = addAccount(files, { ...plain, ...part });
  if (result.kind === 'refused') throw new Error(result.why);
  return result;
}

test('a node without files has root and the user', () => {
  expect(added(empty).files).toEqual({
    passwd: 'root:x:0:0:root:/root:/bin/bash\nweb:x:1000:1000::/home/web:/bin/bash\n',
    group: 'root:x:0:\nweb:x:1000:\n',
    shadow: 'web:*::0:99999:7:::\n',
  });
});

test('every field has its place', () => {
  const files = { ...empty, group: 'root:x:0:\nstaff:x:50:ann\nsudo:x:27:\n' };
  const part = { gecos: 'Web', homeDir: '/srv/web', primaryGroup: 'staff', groups: ['sudo', 'staff'] };
  const { files: after, account } = added(files, { ...part, shell: '/bin/sh', passwordHash: '$6$x' });
  expect(after.passwd).toContain('web:x:1000:50:Web:/srv/web:/bin/sh\n');
  expect(after.group).toBe('root:x:0:\nstaff:x:50:ann,web\nsudo:x:27:web\n');
  expect(after.shadow).toContain('web:$6$x:');
  expect(account).toEqual({ uid: 1000, gid: 50, home: '/srv/web' });
});

test('IDs that are taken by users or groups are passed over, users of the system count down', () => {
  const once = added(empty).files;
  expect(added(once, { name: 'b' }).account).toMatchObject({ uid: 1001, gid: 1001 });
  expect(added(once, { name: 'c', isSystem: true }).account).toMatchObject({ uid: 999 });
  expect(added(once, { name: 'd', noUserGroup: true }).account).toMatchObject({ gid: 100 });
});

test('a group that is not there, or is in the way, refuses it', () => {
  expect(addAccount(empty, { ...plain, groups: ['x'] })).toMatchObject({ why: 'group "x" does not exist' });
  expect(addAccount({ ...empty, group: 'web:x:7:\n' }, plain)).toMatchObject({ kind: 'refused' });
});

test('a password is replaced in its row, and a row made for it', () => {
  expect(setPassword('a:*:1::::::\nweb:*:2:0:9:7:::\n', 'web', 'h')).toBe('a:*:1::::::\nweb:h:2:0:9:7:::\n');
  expect(setPassword('', 'web', 'h')).toBe('web:h::0:99999:7:::\n');
});
