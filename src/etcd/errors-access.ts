// SPDX-License-Identifier: Apache-2.0

import { row } from './error-row.js';

const listUsers = 'list the users: etcdctl user list';
const listRoles = 'list the roles: etcdctl role list';

/** Users, roles and permissions. Source of texts and status: etcd-io/etcd, api/v3rpc/rpctypes/error.go, 3.4 to 3.7. */
export const accessRows = {
  'etcd/root-user-missing': row(9, 'etcdserver: root user does not exist', 'add the user "root" first'),
  'etcd/root-role-missing': row(
    9,
    'etcdserver: root user does not have root role',
    'grant it the role "root" first',
  ),
  'etcd/user-exists': row(9, 'etcdserver: user name already exists', 'choose another name'),
  'etcd/user-empty': row(3, 'etcdserver: user name is empty', 'give a user name'),
  'etcd/user-not-found': row(9, 'etcdserver: user name not found', listUsers),
  'etcd/role-exists': row(9, 'etcdserver: role name already exists', 'choose another name'),
  'etcd/role-not-found': row(9, 'etcdserver: role name not found', listRoles),
  'etcd/role-empty': row(3, 'etcdserver: role name is empty', 'give a role name'),
  'etcd/auth-failed': row(
    3,
    'etcdserver: authentication failed, invalid user ID or password',
    'check the user name and the password',
  ),
  // The next two come as they are, for want of a status of their own.
  'etcd/user-without-password': row(
    2,
    'auth: authentication failed, password was given for no password user',
    'show the certificate of the user instead',
  ),
  'etcd/password-too-long': row(2, 'bcrypt: password length exceeds 72 bytes', 'choose a shorter password'),
  'etcd/permission-not-given': row(3, 'etcdserver: permission not given', 'say which permission to grant'),
  'etcd/permission-denied': row(
    7,
    'etcdserver: permission denied',
    'have the permission granted to a role of the user',
  ),
  'etcd/role-not-granted': row(9, 'etcdserver: role is not granted to the user', listUsers),
  'etcd/permission-not-granted': row(9, 'etcdserver: permission is not granted to the role', listRoles),
  'etcd/auth-not-enabled': row(9, 'etcdserver: authentication is not enabled', 'connect without a user name'),
  'etcd/auth-token-invalid': row(16, 'etcdserver: invalid auth token', 'authenticate again'),
  'etcd/auth-management-invalid': row(
    3,
    'etcdserver: invalid auth management',
    'repeat it as the user "root"',
  ),
  'etcd/auth-old-revision': row(3, 'etcdserver: revision of auth store is old', 'repeat it', 'now'),
} as const;
