// SPDX-License-Identifier: Apache-2.0

import type { UserAccount } from '../cloud-config.js';
import type { IgnitionUser } from './schema.js';

/** A user as Ignition makes it, by `useradd` as well: what is empty is left to that. */
export function encodeUser(account: UserAccount): IgnitionUser {
  const { name, passwordHash, gecos, homeDir, primaryGroup, groups, shell } = account;
  const texts = { passwordHash, gecos, homeDir, primaryGroup, shell };
  const flags = {
    noCreateHome: account.noCreateHome,
    noUserGroup: account.noUserGroup,
    noLogInit: account.noLogInit,
    system: account.isSystem,
  };
  return {
    name,
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    ...(groups.length > 0 && { groups: [...groups] }),
    ...Object.fromEntries(Object.entries(flags).filter(([, flag]) => flag === true)),
  };
}
