// SPDX-License-Identifier: Apache-2.0

import type { Files } from '../effects/index.js';
import { resolveInRoot } from './node-root.js';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** As the node sees it. */
  readonly home: string;
}

export type Owner =
  | { readonly kind: 'known'; readonly uid: number; readonly gid: number | undefined }
  | { readonly kind: 'unknown'; readonly what: string };

type AccountFiles = Pick<Files, 'stat' | 'readLink' | 'readText'>;

/** A user of the node by name; `root` is known also where the node has no `/etc/passwd`. */
export async function findAccount(
  files: AccountFiles,
  root: string,
  user: string,
): Promise<Account | undefined> {
  const [, , uid, gid, , home] = (await findLine(files, root, '/etc/passwd', user)) ?? [];
  if (uid !== undefined && /^\d+$/.test(uid) && gid !== undefined && /^\d+$/.test(gid)) {
    return { uid: Number(uid), gid: Number(gid), home: home?.startsWith('/') ? home : `/home/${user}` };
  }
  return user === 'root' ? { uid: 0, gid: 0, home: '/root' } : undefined;
}

/** Reads `user`, `user:group` or `:group`, each a name of the node or a number. */
export async function findOwner(files: AccountFiles, root: string, owner: string): Promise<Owner> {
  const [user = '', group] = owner.split(':');
  const account = user === '' ? undefined : await findAccount(files, root, user);
  const uid = account?.uid ?? findNumber(user) ?? (user === '' ? -1 : undefined);
  if (uid === undefined) return { kind: 'unknown', what: `user "${user}"` };
  if (group === undefined) return { kind: 'known', uid, gid: undefined };
  // `user:` means the user's own group, as chown has it.
  const gid = group === '' ? account?.gid : await findGroup(files, root, group);
  return gid === undefined && group !== ''
    ? { kind: 'unknown', what: `group "${group}"` }
    : { kind: 'known', uid, gid };
}

async function findGroup(files: AccountFiles, root: string, group: string): Promise<number | undefined> {
  const [, , gid] = (await findLine(files, root, '/etc/group', group)) ?? [];
  return findNumber(gid ?? '') ?? findNumber(group) ?? (group === 'root' ? 0 : undefined);
}

function findNumber(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

async function findLine(files: AccountFiles, root: string, path: string, name: string) {
  const real = await resolveInRoot(files, root, path, { last: 'follow', absoluteLinks: 'node' });
  const text = (await files.readText(real)) ?? '';
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name);
}
