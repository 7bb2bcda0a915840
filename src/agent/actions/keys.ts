// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Action } from '../../cloudconfig/index.js';
import type { Files, OpenFolder } from '../../effects/index.js';
import { type Account, findAccount } from '../accounts.js';
import { fail } from '../errors.js';
import { withFolder } from '../held-folder.js';
import type { ActionResult } from './action-result.js';

interface KeyDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
}

type AuthorizeKeys = Action & { readonly kind: 'authorize-keys' };

/**
 * Adds keys to a user's `authorized_keys`, each once; keys that are there already stay, in their order. The user owns
 * that folder, and root writes there: it is held open all the while, and no link in it is followed, so that nobody is
 * handed what a link to `/root/.ssh` or `/etc/shadow` leads to.
 */
export async function performKeys(deps: KeyDeps, root: string, action: AuthorizeKeys): Promise<ActionResult> {
  const account = await findKeyAccount(deps, root, action);
  const options = { parentMode: 0o755, mode: 0o700 };
  const done = await withFolder(deps, root, keyFolderOf(account, action), options, async (folder) => {
    const { text, gap } = await lookAtKeys(deps, folder, action);
    if (gap === undefined) return 'unchanged';
    const owner = deps.isSuperuser && account !== undefined ? { uid: account.uid, gid: account.gid } : {};
    if (owner.uid !== undefined) await folder.chown(owner.uid, owner.gid);
    await deps.files.write(posix.join(folder.path, keyFile), text, { mode: 0o600, ...owner });
    return 'changed';
  });
  return { outcome: done ?? 'unchanged' };
}

export async function findKeysGap(
  deps: KeyDeps,
  root: string,
  action: AuthorizeKeys,
): Promise<string | undefined> {
  const account = await findKeyAccount(deps, root, action);
  const look = await withFolder(deps, root, keyFolderOf(account, action), {}, (folder) =>
    lookAtKeys(deps, folder, action),
  );
  return look === undefined ? gapOf(undefined, mergeKeys('', action.keys), undefined) : look.gap;
}

const keyFile = 'authorized_keys';

async function findKeyAccount({ files }: KeyDeps, root: string, { user }: AuthorizeKeys) {
  if (!/^[a-z_][a-z0-9_.-]*\$?$/i.test(user)) throw fail('agent/user-unknown', { user });
  return await findAccount(files, root, user);
}

function keyFolderOf(account: Account | undefined, { user }: AuthorizeKeys): string {
  return posix.join(account?.home ?? `/home/${user}`, '.ssh');
}

async function lookAtKeys(
  { files }: KeyDeps,
  folder: OpenFolder,
  { user, keys }: AuthorizeKeys,
): Promise<{ readonly text: string; readonly gap: string | undefined }> {
  const found = await files.stat(posix.join(folder.path, keyFile));
  if (found?.kind === 'link') throw fail('agent/keys-link', { user, path: `~/.ssh/${keyFile}` });
  const before = await folder.readText(keyFile);
  const text = mergeKeys(before ?? '', keys);
  return { text, gap: gapOf(before, text, found?.mode) };
}

function gapOf(before: string | undefined, text: string, mode: number | undefined): string | undefined {
  if (text !== (before ?? '')) return 'keys are missing';
  return before === undefined || mode === 0o600 ? undefined : 'others may read or write them';
}

/** The text with those keys appended that it has not yet; it is left as it is when it has them all. */
export function mergeKeys(text: string, keys: readonly string[]): string {
  const known = new Set(text.split('\n').map((line) => line.trim()));
  const added = [...new Set(keys.flatMap((key) => key.split('\n')).map((key) => key.trim()))].filter(
    (key) => key !== '' && !known.has(key),
  );
  if (added.length === 0) return text;
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${added.join('\n')}\n`;
}
