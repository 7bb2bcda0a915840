// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../../spec/index.js';
import { type CloudPart, withoutEqual } from './cloud-part.js';
import type { IgnitionUser } from './schema.js';

/** `users`, and `ssh_authorized_keys` of a user `core` of whom nothing else is said. */
export function cloudUsers(users: readonly IgnitionUser[]): CloudPart {
  const kept = users.map((user, index) => ({ user, index })).filter(({ user }) => user.shouldExist !== false);
  const core = kept.find(({ user }) => isKeysOnly(user))?.user.sshAuthorizedKeys ?? [];
  const others = kept.filter(({ user }) => !isKeysOnly(user)).map(({ user }) => userData(user));
  return {
    data: {
      ...(core.length > 0 && { ssh_authorized_keys: core }),
      ...(others.length > 0 && { users: others }),
    },
    problems: users.flatMap((user, index) => findUserLosses(user, ['passwd', 'users', index])),
  };
}

function isKeysOnly({ name, ...rest }: IgnitionUser): boolean {
  return (
    name === 'core' &&
    Object.entries(rest).every(([key, value]) => key === 'sshAuthorizedKeys' || value === undefined)
  );
}

function userData(user: IgnitionUser): Readonly<Record<string, unknown>> {
  const data = {
    name: user.name,
    passwd: user.passwordHash,
    gecos: user.gecos,
    homedir: user.homeDir,
    no_create_home: user.noCreateHome,
    primary_group: user.primaryGroup,
    groups: user.groups,
    no_user_group: user.noUserGroup,
    system: user.system,
    no_log_init: user.noLogInit,
    shell: user.shell,
    ssh_authorized_keys: user.sshAuthorizedKeys,
  };
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

function findUserLosses(user: IgnitionUser, path: DataPath): readonly DataProblem[] {
  if (user.shouldExist === false)
    return [
      withoutEqual(
        [...path, 'shouldExist'],
        'cloud-config removes no user',
        'remove the user with a unit that runs userdel',
      ),
    ];
  if (user.uid === undefined) return [];
  return [withoutEqual([...path, 'uid'], 'cloud-config gives no user a number', 'the system picks one')];
}
