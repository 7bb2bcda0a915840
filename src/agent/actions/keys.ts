// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import type { Action } from '../../cloudconfig/index.js';
import type { Files } from '../../effects/index.js';
import { findAccount } from '../accounts.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

/** Adds keys to a user's `authorized_keys`, each once; keys that are there already stay, in their order. */
export async function performKeys(
  deps: { readonly files: Files; readonly isSuperuser: boolean },
  root: string,
  action: Action & { readonly kind: 'authorize-keys' },
): Promise<ActionResult> {
  const { files } = deps;
  const { user } = action;
  if (!/^[a-z_][a-z0-9_-]*\$?$/i.test(user)) throw fail('agent/user-unknown', { user });
  const account = await findAccount(files, root, user);
  const folder = posix.join(account?.home ?? `/home/${user}`, '.ssh');
  const place = await resolveInRoot(files, root, `${folder}/authorized_keys`, { last: 'follow' });
  const before = await files.readText(place);
  const text = mergeKeys(before ?? '', action.keys);
  const found = await files.stat(place);
  const owner = deps.isSuperuser && account !== undefined ? { uid: account.uid, gid: account.gid } : {};
  if (text === before && found?.mode === 0o600) return { outcome: 'unchanged' };
  if (text === '' && before === undefined) return { outcome: 'unchanged' };
  await ensureFolder(files, root, posix.dirname(folder));
  const made = await ensureFolder(files, root, folder, 0o700);
  if (owner.uid !== undefined && owner.gid !== undefined) await files.chown(made, owner.uid, owner.gid);
  await files.write(place, text, { mode: 0o600, ...owner });
  return { outcome: 'changed' };
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
