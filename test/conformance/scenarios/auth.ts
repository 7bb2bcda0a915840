// SPDX-License-Identifier: Apache-2.0

import type { AuthUserAddRequest } from '../../../src/etcd/gen/etcdserverpb/auth.js';
import { methods } from '../../../src/etcd/methods.js';
import { authSpecs as auth } from '../../../src/etcd/methods-auth.js';
import type { Session } from '../session.js';
import type { Scenario } from './index.js';

const { put, range, deleteRange, txn, grantLease, memberList } = methods;

const rootAgain = { name: 'root', password: 'root' } as const;
const hashedPassword = Buffer.from('$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy').toString(
  'base64',
);
const noPassword = { noPassword: true } as const;
const passwordUsers: readonly (readonly [label: string, request: Partial<AuthUserAddRequest>])[] = [
  ['a hash', { hashedPassword }],
  ['a password and a hash', { password: 'x', hashedPassword }],
  ['no password', { options: noPassword }],
  ['no password, but a hash', { hashedPassword, options: noPassword }],
  ['what is no hash', { hashedPassword: '!' }],
  ['an empty password', {}],
  ['72 bytes', { password: 'ä'.repeat(36) }],
  ['73 bytes', { password: 'x'.repeat(73) }],
];

/** The token of a user; empty when it does not get one. */
async function login({ quiet }: Session, name: string, password: string): Promise<string> {
  return (await quiet(auth.authenticate, { name, password }))?.token ?? '';
}

async function prepare({ call }: Session): Promise<void> {
  await call('enable without root', auth.enable, {});
  await call('add root', auth.userAdd, { name: 'root', password: 'r' });
  await call('enable without the role', auth.enable, {});
  await call('add role', auth.roleAdd, { name: 'root' });
  await call('add role again', auth.roleAdd, { name: 'root' });
  await call('add role without a name', auth.roleAdd, {});
  await call('grant role', auth.userGrantRole, { user: 'root', role: 'root' });
  await call('add user', auth.userAdd, { name: 'jo', password: 'j' });
  await call('add user again', auth.userAdd, { name: 'jo', password: 'j' });
  await call('add user without a name', auth.userAdd, { password: 'j' });
  await call('add user without a password', auth.userAdd, { name: 'no' });
  await call('reader', auth.roleAdd, { name: 'reader' });
  await call('grant what is not', auth.userGrantRole, { user: 'jo', role: 'none' });
  await call('grant to whom is not', auth.userGrantRole, { user: 'none', role: 'reader' });
  await call('grant', auth.userGrantRole, { user: 'jo', role: 'reader' });
  await call('authenticate while off', auth.authenticate, { name: 'jo', password: 'j' });
}

async function useAs(session: Session, who: string, token: string | undefined): Promise<void> {
  const { key, end, call } = session;
  await call(`${who}: read`, range, { key: key('a') }, token);
  await call(`${who}: read another`, range, { key: key('b') }, token);
  await call(`${who}: read all`, range, { key: key(''), rangeEnd: end }, token);
  await call(`${who}: write`, put, { key: key('a') }, token);
  await call(`${who}: write another`, put, { key: key('b') }, token);
  await call(`${who}: write with previous`, put, { key: key('w'), prevKv: true }, token);
  await call(`${who}: delete`, deleteRange, { key: key('w') }, token);
  await call(`${who}: txn`, txn, {}, token);
  await call(`${who}: users`, auth.userList, {}, token);
  await call(`${who}: itself`, auth.userGet, { name: 'jo' }, token);
  await call(`${who}: its role`, auth.roleGet, { role: 'reader' }, token);
  await call(`${who}: another role`, auth.roleGet, { role: 'root' }, token);
  await call(`${who}: adds a user`, auth.userAdd, { name: `by-${who}`, password: 'x' }, token);
  await call(`${who}: lease`, grantLease, { ID: 9901n, TTL: 500n }, token);
}

export const authScenarios: readonly Scenario[] = [
  {
    name: 'auth',
    async run(session) {
      const { key, call, quiet } = session;
      await quiet(put, { key: key('a') });
      await prepare(session);
      const perm = { permType: 2, key: key('a'), rangeEnd: new Uint8Array(0) } as const;
      await call('grant a key', auth.roleGrantPermission, { name: 'reader', perm });
      await call('grant to no role', auth.roleGrantPermission, { name: 'none', perm });
      await call('grant writing', auth.roleGrantPermission, {
        name: 'reader',
        perm: { ...perm, permType: 1, key: key('w') },
      });
      await call('roles', auth.roleList, {});
      await call('role', auth.roleGet, { role: 'reader' });
      await call('enable', auth.enable, {});
      const root = await login(session, 'root', 'r');
      try {
        await call('wrong password', auth.authenticate, { name: 'jo', password: 'x' });
        await call('nobody', auth.authenticate, { name: 'nobody', password: 'x' });
        await useAs(session, 'nobody', undefined);
        await useAs(session, 'wrong token', 'no.12');
        await useAs(session, 'jo', await login(session, 'jo', 'j'));
        await useAs(session, 'root', root);
        const members = await quiet(memberList, {});
        session.note('members without a token', members === undefined ? 'refused' : 'told');
        await call('status of auth', auth.status, {}, root);
        await call('change password', auth.userChangePassword, { name: 'jo', password: 'k' }, root);
        await call('old password', auth.authenticate, { name: 'jo', password: 'j' });
        await call('revoke', auth.roleRevokePermission, { role: 'reader', key: key('a') }, root);
        await call('revoke again', auth.roleRevokePermission, { role: 'reader', key: key('a') }, root);
        await useAs(session, 'jo later', await login(session, 'jo', 'k'));
        await call('delete root', auth.userDelete, { name: 'root' }, root);
        await call('delete role root', auth.roleDelete, { role: 'root' }, root);
        await call('revoke root', auth.userRevokeRole, { name: 'root', role: 'root' }, root);
      } finally {
        await quiet(auth.disable, {}, root);
      }
      await call('open again', range, { key: key('a') });
      await call('delete', auth.userDelete, { name: 'jo' });
      await call('delete again', auth.userDelete, { name: 'jo' });
      await call('delete role', auth.roleDelete, { role: 'reader' });
      await call('delete role again', auth.roleDelete, { role: 'reader' });
      await call('users left', auth.userList, {});
    },
  },
  {
    name: 'auth-tokens',
    async run(session) {
      const { key, call, quiet } = session;
      const perm = { permType: 2, key: key('a'), rangeEnd: new Uint8Array(0) } as const;
      // What another scenario left.
      await quiet(auth.userDelete, { name: 'root' });
      for (const name of ['root', 'reader']) await quiet(auth.roleAdd, { name });
      for (const name of ['root', 'jo']) await quiet(auth.userAdd, { name, password: name });
      await quiet(auth.userGrantRole, { user: 'root', role: 'root' });
      await quiet(auth.enable, {});
      const root = await login(session, 'root', 'root');
      const jo = await login(session, 'jo', 'jo');
      session.note('tokens', { root: root !== '', jo: jo !== '' });
      const use = async (when: string) => {
        await call(`${when}: read`, range, { key: key('a') }, jo);
        await call(`${when}: write`, put, { key: key('a') }, jo);
        await call(`${when}: itself`, auth.userGet, { name: 'jo' }, jo);
      };
      try {
        await use('without a role');
        await quiet(auth.userGrantRole, { user: 'jo', role: 'reader' }, root);
        await use('with an empty role');
        await quiet(auth.roleGrantPermission, { name: 'reader', perm }, root);
        await use('with a permission');
        await quiet(auth.roleRevokePermission, { role: 'reader', key: key('a') }, root);
        await use('without the permission');
        await quiet(auth.userGrantRole, { user: 'jo', role: 'root' }, root);
        await use('as an admin');
        await quiet(auth.userRevokeRole, { name: 'jo', role: 'root' }, root);
        await use('as none');
        await quiet(auth.roleDelete, { role: 'reader' }, root);
        await use('without any role');
        await call('the admin changes its password', auth.userChangePassword, rootAgain, root);
        await call('and its token', auth.userList, {}, root);
      } finally {
        const again = await login(session, 'root', 'root');
        await call('delete the user', auth.userDelete, { name: 'jo' }, again);
        await use('when there is no such user');
        await quiet(auth.userAdd, { name: 'jo', password: 'jo' }, again);
        await use('when there is another of its name');
        await call('disable', auth.disable, {}, again);
        await use('when auth is off');
      }
      for (const name of ['root', 'jo']) await quiet(auth.userDelete, { name });
      await quiet(auth.roleDelete, { role: 'root' });
    },
  },
  {
    name: 'auth-passwords',
    async run(session) {
      const { call, quiet } = session;
      await quiet(auth.roleAdd, { name: 'root' });
      await quiet(auth.userAdd, rootAgain);
      await quiet(auth.userGrantRole, { user: 'root', role: 'root' });
      for (const [name, request] of passwordUsers) {
        await call(`add one with ${name}`, auth.userAdd, { name, ...request });
      }
      await quiet(auth.enable, {});
      const root = await login(session, 'root', 'root');
      const tryAll = async (when: string) => {
        for (const [name, { password = '' }] of passwordUsers) {
          await call(`${when}, ${name}`, auth.authenticate, { name, password });
        }
      };
      try {
        await tryAll('at first');
        for (const [name] of passwordUsers) {
          await call(`change ${name}`, auth.userChangePassword, { name, password: 'new' }, root);
        }
        await tryAll('later');
        await call(
          'a longer one',
          auth.userChangePassword,
          { name: 'a hash', password: 'x'.repeat(73) },
          root,
        );
      } finally {
        await quiet(auth.disable, {}, root);
      }
      for (const [name] of passwordUsers) await quiet(auth.userDelete, { name });
      await quiet(auth.userDelete, { name: 'root' });
      await quiet(auth.roleDelete, { role: 'root' });
    },
  },
];
