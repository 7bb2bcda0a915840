// SPDX-License-Identifier: Apache-2.0

import {
  type Alarm,
  type Auth,
  type AuthStatus,
  fail,
  type KeyRange,
  type Maintenance,
  type Need,
  type NewUser,
  type Permission,
} from '../../src/etcd/index.js';
import { revision } from '../../src/model/index.js';

/** The care of a database that is a handful of bytes. */
export function memoryMaintenance(file = Buffer.alloc(100 * 1024, 'the whole database')): Maintenance {
  const raised: Alarm[] = [];
  const find = (alarm: Alarm) =>
    raised.findIndex(({ memberId, kind }) => memberId === alarm.memberId && kind === alarm.kind);
  return {
    status: async () => ({ sizeBytes: 8_192, inUseBytes: 4_096, appliedIndex: 7n, errors: [] }),
    hash: async () => 77,
    hashKv: async (at) => {
      if (at > 5) throw fail('etcd/future-revision');
      return { hash: 1_234_567, compactRevision: -1, revision: revision(5) };
    },
    async snapshot() {
      const pieces = async function* () {
        yield file.subarray(0, 50_000);
        yield file.subarray(50_000);
      };
      return { sizeBytes: file.length, pieces: pieces() };
    },
    defragment: async () => {},
    alarms: async () => [...raised],
    async activateAlarm(alarm) {
      if (find(alarm) < 0) raised.push(alarm);
    },
    async deactivateAlarm(alarm) {
      const at = find(alarm);
      if (at >= 0) raised.splice(at, 1);
      return at >= 0;
    },
  };
}

/** Users and roles without hashing; a permission has to name the very range that is asked for. */
export function memoryAuth(): Auth {
  const users = new Map<string, { password: string; roles: Set<string> }>();
  const roles = new Map<string, Permission[]>();
  const state: { isOn: boolean; revision: number } = { isOn: false, revision: 1 };
  const userOf = (name: string) => users.get(name) ?? raise('etcd/user-not-found');
  const roleOf = (name: string) => roles.get(name) ?? raise('etcd/role-not-found');
  const change = async (run: () => void) => {
    run();
    state.revision += 1;
  };
  const isSame = (one: KeyRange, other: KeyRange) =>
    Buffer.compare(one.key, other.key) === 0 &&
    Buffer.compare(one.rangeEnd ?? new Uint8Array(), other.rangeEnd ?? new Uint8Array()) === 0;
  return {
    isEnabled: () => state.isOn,
    authorize(caller, needs) {
      const name =
        caller.token === undefined ? caller.certificateName : /^token-(.*)$/.exec(caller.token)?.[1];
      if (caller.token !== undefined && (!state.isOn || !users.has(name ?? '')))
        raise('etcd/auth-token-invalid');
      if (!state.isOn || needs.length === 0) return;
      if (name === undefined) raise('etcd/user-empty');
      const held = userOf(name ?? '').roles;
      if (held.has('root')) return;
      const given = [...held].flatMap((role) => roles.get(role) ?? []);
      const isMet = (need: Need) => {
        if (need.kind === 'user') return need.name === name;
        if (need.kind === 'role') return held.has(need.name);
        if (need.kind === 'admin') return false;
        if (need.kind === 'somebody') return true;
        const { kind, range } = need;
        return given.some((one) => isSame(one, range) && (one.kind === kind || one.kind === 'readwrite'));
      };
      if (!needs.every(isMet)) raise('etcd/permission-denied');
    },
    async authenticate(name, password) {
      if (!state.isOn) raise('etcd/auth-not-enabled');
      if (users.get(name)?.password !== password) raise('etcd/auth-failed');
      return `token-${name}`;
    },
    status: (): AuthStatus => ({ isEnabled: state.isOn, revision: state.revision }),
    async enable() {
      if (!users.has('root')) raise('etcd/root-user-missing');
      if (!userOf('root').roles.has('root')) raise('etcd/root-role-missing');
      state.isOn = true;
    },
    async disable() {
      state.isOn = false;
    },
    userAdd: ({ name, password }: NewUser) =>
      change(() => {
        if (name === '') raise('etcd/user-empty');
        if (users.has(name)) raise('etcd/user-exists');
        users.set(name, { password, roles: new Set() });
      }),
    userGet: async (name) => [...userOf(name).roles].sort(),
    userList: async () => [...users.keys()].sort(),
    userDelete: (name) =>
      change(() => {
        userOf(name);
        users.delete(name);
      }),
    userChangePassword: (name, password) =>
      change(() => {
        userOf(name).password = password;
      }),
    userGrantRole: (name, role) =>
      change(() => {
        const user = userOf(name);
        if (role !== 'root') roleOf(role);
        user.roles.add(role);
      }),
    userRevokeRole: (name, role) =>
      change(() => {
        if (!userOf(name).roles.delete(role)) raise('etcd/role-not-granted');
      }),
    roleAdd: (name) =>
      change(() => {
        if (name === '') raise('etcd/role-empty');
        if (roles.has(name)) raise('etcd/role-exists');
        roles.set(name, []);
      }),
    roleGet: async (name) => [...roleOf(name)].sort((one, other) => Buffer.compare(one.key, other.key)),
    roleList: async () => [...roles.keys()].sort(),
    roleDelete: (name) =>
      change(() => {
        roleOf(name);
        roles.delete(name);
      }),
    roleGrantPermission: (name, permission) =>
      change(() => {
        roleOf(name).push(permission);
      }),
    roleRevokePermission: (name, range) =>
      change(() => {
        const given = roleOf(name);
        const at = given.findIndex((one) => isSame(one, range));
        if (at < 0) raise('etcd/permission-not-granted');
        given.splice(at, 1);
      }),
  };
}

type Code = Parameters<typeof fail>[0];

function raise(code: Code): never {
  throw fail(code);
}
