// SPDX-License-Identifier: Apache-2.0

import { fail, type KeyRange, type Permission } from '../etcd/index.js';
import { type AuthState, type Role, rootName, type User } from './auth-state.js';
import { spanOf } from './key.js';

// What each order makes of the users and roles, with etcd's checks in etcd's order (server/auth/store.go, 3.5).
// An order that changes nothing returns the very state it was given.

export function enabled(state: AuthState): AuthState {
  if (state.isEnabled) return state;
  const root = state.users.get(rootName);
  if (root === undefined) throw fail('etcd/root-user-missing');
  if (!root.roles.includes(rootName)) throw fail('etcd/root-role-missing');
  return { ...state, isEnabled: true };
}

export function disabled(state: AuthState): AuthState {
  return state.isEnabled ? changed(state, { isEnabled: false }) : state;
}

/** Whether the name may be added. */
export function checkNewUser(state: AuthState, name: string): void {
  if (name === '') throw fail('etcd/user-empty');
  if (state.users.has(name)) throw fail('etcd/user-exists');
}

export function userAdded(state: AuthState, name: string, secret: string): AuthState {
  checkNewUser(state, name);
  return withUser(state, name, { secret, roles: [] });
}

export function userDeleted(state: AuthState, name: string): AuthState {
  if (state.isEnabled && name === rootName) throw fail('etcd/auth-management-invalid');
  userOf(state, name);
  const users = new Map(state.users);
  users.delete(name);
  return changed(state, { users });
}

export function passwordChanged(state: AuthState, name: string, secret: string): AuthState {
  const user = userOf(state, name);
  return withUser(state, name, { ...user, secret: user.secret === '' ? '' : secret });
}

export function roleGranted(state: AuthState, name: string, role: string): AuthState {
  const user = userOf(state, name);
  if (role !== rootName) roleOf(state, role);
  if (user.roles.includes(role)) return state;
  return withUser(state, name, { ...user, roles: [...user.roles, role].sort() });
}

export function roleRevoked(state: AuthState, name: string, role: string): AuthState {
  if (state.isEnabled && name === rootName && role === rootName) throw fail('etcd/auth-management-invalid');
  const user = userOf(state, name);
  if (!user.roles.includes(role)) throw fail('etcd/role-not-granted');
  return withUser(state, name, { ...user, roles: user.roles.filter((one) => one !== role) });
}

export function roleAdded(state: AuthState, name: string): AuthState {
  if (name === '') throw fail('etcd/role-empty');
  if (state.roles.has(name)) throw fail('etcd/role-exists');
  return withRole(state, name, []);
}

export function roleDeleted(state: AuthState, name: string): AuthState {
  if (state.isEnabled && name === rootName) throw fail('etcd/auth-management-invalid');
  roleOf(state, name);
  const roles = new Map(state.roles);
  roles.delete(name);
  const users = new Map(
    [...state.users].map(([key, user]) => [
      key,
      { ...user, roles: user.roles.filter((role) => role !== name) },
    ]),
  );
  return changed(state, { roles, users });
}

export function permissionGranted(state: AuthState, name: string, permission: Permission): AuthState {
  if (!isSoundRange(permission)) throw fail('etcd/auth-management-invalid');
  const role = roleOf(state, name);
  const at = role.findIndex((one) => isSameRange(one, permission));
  const next = at < 0 ? [...role, permission] : role.with(at, permission);
  return withRole(
    state,
    name,
    next.toSorted((a, b) => Buffer.compare(a.key, b.key)),
  );
}

export function permissionRevoked(state: AuthState, name: string, range: KeyRange): AuthState {
  const role = roleOf(state, name);
  const rest = role.filter((one) => !isSameRange(one, range));
  if (rest.length === role.length) throw fail('etcd/permission-not-granted');
  return withRole(state, name, rest);
}

/** @throws `etcd/user-not-found` */
export function userOf(state: AuthState, name: string): User {
  const user = state.users.get(name);
  if (user === undefined) throw fail('etcd/user-not-found');
  return user;
}

/** @throws `etcd/role-not-found` */
export function roleOf(state: AuthState, name: string): Role {
  const role = state.roles.get(name);
  if (role === undefined) throw fail('etcd/role-not-found');
  return role;
}

function changed(state: AuthState, change: Partial<AuthState>): AuthState {
  return { ...state, ...change, revision: state.revision + 1 };
}

function withUser(state: AuthState, name: string, user: User): AuthState {
  return changed(state, { users: new Map(state.users).set(name, user) });
}

function withRole(state: AuthState, name: string, role: Role): AuthState {
  return changed(state, { roles: new Map(state.roles).set(name, role) });
}

/** Of at least one key. */
function isSoundRange(range: KeyRange): boolean {
  const { from, to } = spanOf(range);
  return range.key.length > 0 && (to === undefined || from < to);
}

function isSameRange(a: KeyRange, b: KeyRange): boolean {
  const none = new Uint8Array(0);
  return Buffer.compare(a.key, b.key) === 0 && Buffer.compare(a.rangeEnd ?? none, b.rangeEnd ?? none) === 0;
}
