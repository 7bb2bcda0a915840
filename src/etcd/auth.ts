// SPDX-License-Identifier: Apache-2.0

import type { KeyRange } from './kv.js';

/** What a caller shows with each call; neither: nobody. A token goes before a name. */
export interface Caller {
  /** As `authenticate` gave it out. */
  readonly token?: string;
  /** The common name of a client certificate that was verified. */
  readonly certificateName?: string;
}

/**
 * What a call must be allowed to do, all of it.
 *
 * - `read`, `write`: every key of the range lies in ranges that a role of the user permits
 * - `admin`: the user has the role `root`; `somebody`: there is a user
 * - `user`: the admin, or this very user; `role`: the admin, or a user that has the role
 */
export type Need =
  | { readonly kind: 'read'; readonly range: KeyRange }
  | { readonly kind: 'write'; readonly range: KeyRange }
  | { readonly kind: 'admin' }
  | { readonly kind: 'somebody' }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'role'; readonly name: string };

/** `rangeEnd` as in `KeyRange`. */
export interface Permission extends KeyRange {
  readonly kind: 'read' | 'write' | 'readwrite';
}

export interface AuthStatus {
  readonly isEnabled: boolean;
  /** Counts up with each change to users and roles. */
  readonly revision: number;
}

export interface NewUser {
  readonly name: string;
  /** Empty together with `hasPassword: false`: a user who comes by certificate only. */
  readonly password: string;
  readonly hasPassword: boolean;
}

/**
 * Users, roles, permissions and tokens: what service etcdserverpb.Auth asks of a store. Who may call what is
 * decided by the service, which says it in `Need`s; whether a caller may, here. Names, texts and order of the
 * refusals are etcd's (server/auth/store.go); codes are those of `errors-access.ts`.
 */
export interface Auth {
  /** Asked before each call, so it has to be cheap. */
  isEnabled(): boolean;
  /**
   * Returns when auth is off, whoever the caller says to be, as etcd 3.5 does, or when all of it is allowed. While
   * it is on a token that is not known is refused even with no needs; then nobody is refused for being nobody.
   *
   * @throws `etcd/auth-token-invalid`; `etcd/user-empty` for nobody; `etcd/permission-denied`
   */
  authorize(caller: Caller, needs: readonly Need[]): void;
  /**
   * A token for the caller to show.
   *
   * @throws `etcd/auth-not-enabled`, `etcd/auth-failed`; `etcd/user-without-password` for one who comes by certificate
   */
  authenticate(name: string, password: string): Promise<string>;

  status(): AuthStatus;
  /** Nothing when it is on. @throws `etcd/root-user-missing`, `etcd/root-role-missing` */
  enable(): Promise<void>;
  /** Nothing when it is off. Forgets all tokens. */
  disable(): Promise<void>;

  /** @throws `etcd/user-empty`, `etcd/user-exists`, `etcd/password-too-long` */
  userAdd(user: NewUser): Promise<void>;
  /** Names of roles, sorted. @throws `etcd/user-not-found` */
  userGet(name: string): Promise<readonly string[]>;
  /** Sorted. */
  userList(): Promise<readonly string[]>;
  /** @throws `etcd/user-not-found`; `etcd/auth-management-invalid` for `root` while auth is on */
  userDelete(name: string): Promise<void>;
  /** Ends the user's tokens; one without a password stays so. @throws `etcd/user-not-found`, `etcd/password-too-long` */
  userChangePassword(name: string, password: string): Promise<void>;
  /** @throws `etcd/user-not-found`, `etcd/role-not-found` */
  userGrantRole(name: string, role: string): Promise<void>;
  /** @throws `etcd/user-not-found`, `etcd/role-not-granted`, `etcd/auth-management-invalid` */
  userRevokeRole(name: string, role: string): Promise<void>;

  /** @throws `etcd/role-empty`, `etcd/role-exists` */
  roleAdd(name: string): Promise<void>;
  /** Sorted by key, then by the end of the range. @throws `etcd/role-not-found` */
  roleGet(name: string): Promise<readonly Permission[]>;
  /** Sorted. */
  roleList(): Promise<readonly string[]>;
  /** Takes it from all users too. @throws `etcd/role-not-found`, `etcd/auth-management-invalid` */
  roleDelete(name: string): Promise<void>;
  /** A second one for the same range takes the place of the first. @throws `etcd/role-not-found` */
  roleGrantPermission(name: string, permission: Permission): Promise<void>;
  /** @throws `etcd/role-not-found`, `etcd/permission-not-granted` */
  roleRevokePermission(name: string, range: KeyRange): Promise<void>;
}
