// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Action } from '../../cloudconfig/index.js';
import type { Files } from '../../effects/index.js';
import { findAccount } from '../accounts.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

interface KeyDeps {
  readonly files: Files;
  readonly isSuperuser: boolean;
}

type AuthorizeKeys = Action & { readonly kind: 'authorize-keys' };

/** Adds keys to a user's `authorized_keys`, each once; keys that are there already stay, in their order. */
export async function performKeys(deps: KeyDeps, root: string, action: AuthorizeKeys): Promise<ActionResult> {
  const { files } = deps;
  const { account, folder, place, text, gap } = await lookAtKeys(deps, root, action);
  if (gap === undefined) return { outcome: 'unchanged' };
  const owner = deps.isSuperuser && account !== undefined ? { uid: account.uid, gid: account.gid } : {};
  await ensureFolder(files, root, posix.dirname(folder));
  const made = await ensureFolder(files, root, folder, 0o700);
  if (owner.uid !== undefined && owner.gid !== undefined) await files.chown(made, owner.uid, owner.gid);
  await files.write(place, text, { mode: 0o600, ...owner });
  return { outcome: 'changed' };
}

export async function findKeysGap(
  deps: KeyDeps,
  root: string,
  action: AuthorizeKeys,
): Promise<string | undefined> {
  return (await lookAtKeys(deps, root, action)).gap;
}

async function lookAtKeys({ files }: KeyDeps, root: string, { user, keys }: AuthorizeKeys) {
  if (!/^[a-z_][a-z0-9_.-]*\$?$/i.test(user)) throw fail('agent/user-unknown', { user });
  const account = await findAccount(files, root, user);
  const folder = posix.join(account?.home ?? `/home/${user}`, '.ssh');
  for (const path of [folder, `${folder}/authorized_keys`]) await refuseLink(files, root, user, path);
  const place = await resolveInRoot(files, root, `${folder}/authorized_keys`, { last: 'follow' });
  const before = await files.readText(place);
  const text = mergeKeys(before ?? '', keys);
  const mode = (await files.stat(place))?.mode;
  return { account, folder, place, text, gap: gapOf(before, text, mode) };
}

/**
 * The user owns that folder, and root writes there: a link of theirs to `/root/.ssh` or `/etc/shadow` would hand them
 * what it leads to. One that root made is followed.
 */
async function refuseLink(files: Files, root: string, user: string, path: string): Promise<void> {
  const found = await files.stat(await resolveInRoot(files, root, path));
  if (found?.kind === 'link' && found.uid !== 0) throw fail('agent/keys-link', { user, path });
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
