// SPDX-License-Identifier: Apache-2.0

import type { UserAccount } from '../cloudconfig/index.js';
import type { Account } from './accounts.js';

/** The files of a node that hold its users; empty text where there is none. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
  readonly shadow: string;
}

export type AddedAccount =
  | { readonly kind: 'ok'; readonly files: AccountFiles; readonly account: Account }
  | { readonly kind: 'refused'; readonly why: string };

const rootPasswd = 'root:x:0:0:root:/root:/bin/bash\n';
const rootGroup = 'root:x:0:\n';

/**
 * The files with a user more, as `useradd` would leave them: the lowest free ID from 1000 on, below 1000 from the top
 * for one of the system, and a group of its own name unless told otherwise.
 */
export function addAccount(before: AccountFiles, wanted: UserAccount): AddedAccount {
  const { name, primaryGroup, groups, homeDir, shell, gecos, passwordHash } = wanted;
  const passwd = rowsOf(before.passwd || rootPasswd);
  const group = rowsOf(before.group || rootGroup);
  const missing = [primaryGroup, ...groups].find(
    (one) => one !== '' && findGroupId(group, one) === undefined,
  );
  if (missing !== undefined) return { kind: 'refused', why: `group "${missing}" does not exist` };
  const uid = freeId([...passwd, ...group], wanted.isSystem === true);
  const hasOwnGroup = primaryGroup === '' && wanted.noUserGroup !== true;
  if (hasOwnGroup && findGroupId(group, name) !== undefined) {
    return { kind: 'refused', why: `group "${name}" exists; name it in primary_group` };
  }
  const gid = hasOwnGroup ? uid : (findGroupId(group, primaryGroup) ?? usersGroup);
  const home = homeDir || `/home/${name}`;
  const joined = group.map((row) => (groups.includes(row[0] ?? '') ? withMember(row, name) : row));
  const files = {
    passwd: textOf([...passwd, [name, 'x', `${uid}`, `${gid}`, gecos, home, shell || '/bin/bash']]),
    group: textOf(hasOwnGroup ? [...joined, [name, 'x', `${gid}`, '']] : joined),
    shadow: setPassword(before.shadow, name, passwordHash || '*'),
  };
  return { kind: 'ok', files, account: { uid, gid, home } };
}

/** The text of a shadow file with that hash for the user, whose row is added if need be. */
export function setPassword(shadow: string, name: string, hash: string): string {
  const rows = rowsOf(shadow);
  const isThere = rows.some(([first]) => first === name);
  const changed = rows.map((row) => (row[0] === name ? [name, hash, ...row.slice(2)] : row));
  return textOf(isThere ? changed : [...rows, [name, hash, '', '0', '99999', '7', '', '', '']]);
}

/** What `useradd` gives a user that has no group of its own. */
const usersGroup = 100;

type Row = readonly string[];

function rowsOf(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

function textOf(rows: readonly Row[]): string {
  return rows.map((row) => `${row.join(':')}\n`).join('');
}

function freeId(rows: readonly Row[], isSystem: boolean): number {
  const taken = new Set(rows.map(([, , id]) => Number(id)));
  const step = isSystem ? -1 : 1;
  let id = isSystem ? 999 : 1000;
  while (taken.has(id)) id += step;
  return id;
}

/** By name or number. */
function findGroupId(rows: readonly Row[], group: string): number | undefined {
  const found = rows.find(([name, , id]) => name === group || id === group);
  return found?.[2] === undefined ? undefined : Number(found[2]);
}

function withMember(row: Row, name: string): Row {
  const members = (row[3] ?? '').split(',').filter((one) => one !== '' && one !== name);
  return [row[0] ?? '', row[1] ?? 'x', row[2] ?? '', [...members, name].join(',')];
}
