// SPDX-License-Identifier: Apache-2.0

import type { Clock, Random } from '../effects/index.js';
import { type Auth, type Caller, fail, type Need } from '../etcd/index.js';
import {
  checkNewUser,
  disabled,
  enabled,
  passwordChanged,
  permissionGranted,
  permissionRevoked,
  roleAdded,
  roleDeleted,
  roleGranted,
  roleOf,
  roleRevoked,
  userAdded,
  userDeleted,
  userOf,
} from './auth-change.js';
import { type Permits, permitsOf } from './auth-permits.js';
import {
  type AuthState,
  authKey,
  authRecordSchema,
  encodeAuthState,
  parseAuthState,
  rootName,
} from './auth-state.js';
import { openAuthTokens } from './auth-tokens.js';
import { inTurn } from './in-turn.js';
import { openPasswords } from './password.js';
import { type StoredJsonDeps, storedJson } from './stored-json.js';

export interface AuthDeps extends StoredJsonDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Users, roles and tokens of the store. Orders are done one after the other, each on disk before it counts.
 *
 * Throws a plain `Error` when what is stored was not written by muster.
 */
export function openAuth(deps: AuthDeps, tokenTtlSeconds: number): Auth {
  const stored = storedJson(deps, authKey, authRecordSchema);
  const passwords = openPasswords();
  const tokens = openAuthTokens(deps, tokenTtlSeconds);
  const own = { state: parseAuthState(deps.backend.get(authKey)) };
  const permits = new Map<string, Permits>();
  const turn = inTurn();
  const change = (plan: (state: AuthState) => AuthState, then: () => void = () => {}) =>
    turn(async () => {
      const next = plan(own.state);
      if (next === own.state) return;
      await stored.write(encodeAuthState(next));
      own.state = next;
      permits.clear();
      then();
    });
  const nameOf = ({ token, certificateName }: Caller): string | undefined => {
    if (token === undefined) return certificateName;
    const user = tokens.find(token);
    if (user === undefined) throw fail('etcd/auth-token-invalid');
    return user;
  };
  const permitsFor = (name: string): Permits => {
    const found = permits.get(name) ?? permitsOf(own.state, name);
    permits.set(name, found);
    return found;
  };
  return {
    isEnabled: () => own.state.isEnabled,
    authorize(caller, needs) {
      if (!own.state.isEnabled) return;
      const name = nameOf(caller);
      if (needs.length === 0) return;
      if (name === undefined || name === '') throw fail('etcd/user-empty');
      const roles = own.state.users.get(name)?.roles;
      if (roles === undefined) throw fail('etcd/permission-denied');
      if (roles.includes(rootName)) return;
      if (!needs.every((need) => isMet(need, name, roles, permitsFor))) throw fail('etcd/permission-denied');
    },
    async authenticate(name, password) {
      if (!own.state.isEnabled) throw fail('etcd/auth-not-enabled');
      const user = own.state.users.get(name);
      if (user?.secret === '') throw fail('etcd/user-without-password');
      const isRight = await passwords.isRight(password, user?.secret);
      // It may have been changed, or auth switched off, meanwhile.
      const isStill = own.state.isEnabled && own.state.users.get(name)?.secret === user?.secret;
      if (!isRight || !isStill) throw fail('etcd/auth-failed');
      return tokens.assign(name, own.state.revision);
    },
    status: () => ({ isEnabled: own.state.isEnabled, revision: own.state.revision }),
    enable: () => change(enabled),
    disable: () => change(disabled, tokens.forgetAll),
    async userAdd({ name, password, hasPassword }) {
      checkNewUser(own.state, name);
      const secret = hasPassword ? await passwords.hash(password) : '';
      await change((state) => userAdded(state, name, secret));
    },
    userGet: async (name) => userOf(own.state, name).roles,
    userList: async () => [...own.state.users.keys()].sort(),
    userDelete: (name) =>
      change(
        (state) => userDeleted(state, name),
        () => tokens.forgetUser(name),
      ),
    async userChangePassword(name, password) {
      userOf(own.state, name);
      const secret = await passwords.hash(password);
      await change(
        (state) => passwordChanged(state, name, secret),
        () => tokens.forgetUser(name),
      );
    },
    userGrantRole: (name, role) => change((state) => roleGranted(state, name, role)),
    userRevokeRole: (name, role) => change((state) => roleRevoked(state, name, role)),
    roleAdd: (name) => change((state) => roleAdded(state, name)),
    roleGet: async (name) => roleOf(own.state, name),
    roleList: async () => [...own.state.roles.keys()].sort(),
    roleDelete: (name) => change((state) => roleDeleted(state, name)),
    roleGrantPermission: (name, permission) => change((state) => permissionGranted(state, name, permission)),
    roleRevokePermission: (name, range) => change((state) => permissionRevoked(state, name, range)),
  };
}

/** For a user who is not the admin. */
function isMet(
  need: Need,
  name: string,
  roles: readonly string[],
  permitsFor: (name: string) => Permits,
): boolean {
  switch (need.kind) {
    case 'read':
      return permitsFor(name).canRead(need.range);
    case 'write':
      return permitsFor(name).canWrite(need.range);
    case 'admin':
      return false;
    case 'somebody':
      return true;
    case 'user':
      return need.name === name;
    case 'role':
      return roles.includes(need.name);
  }
}
