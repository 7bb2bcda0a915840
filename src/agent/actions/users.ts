// SPDX-License-Identifier: Apache-2.0

import type { UserAccount } from '../../cloudconfig/index.js';
import type { Exec, Files } from '../../effects/index.js';
import { findAccount } from '../accounts.js';
import { fail } from '../errors.js';
import type { ActionResult } from './action-result.js';

/**
 * Makes a user of the machine. In a node root below another system there are none: what belongs to one is told, and
 * its keys are still written.
 *
 * Source of the arguments: coreos-cloudinit f1f0405, system/user.go.
 */
export async function performUser(
  deps: { readonly exec: Exec; readonly files: Files },
  root: string,
  account: UserAccount,
): Promise<ActionResult> {
  if (root !== '/')
    return { outcome: 'unchanged', message: `user "${account.name}" is not made in a folder` };
  const isThere = (await findAccount(deps.files, root, account.name)) !== undefined;
  if (!isThere) await run(deps, 'useradd', userArguments(account));
  else if (account.passwordHash !== '')
    await run(deps, 'usermod', ['--password', account.passwordHash, account.name]);
  return { outcome: isThere ? 'unchanged' : 'changed' };
}

/** As `useradd` takes them. */
export function userArguments(account: UserAccount): readonly string[] {
  const { gecos, homeDir, primaryGroup, groups, shell } = account;
  return [
    ...['--password', account.passwordHash || '*'],
    ...(gecos === '' ? [] : ['--comment', gecos]),
    ...(homeDir === '' ? [] : ['--home-dir', homeDir]),
    account.noCreateHome === true ? '--no-create-home' : '--create-home',
    ...(primaryGroup === '' ? [] : ['--gid', primaryGroup]),
    ...(groups.length === 0 ? [] : ['--groups', groups.join(',')]),
    ...(account.noUserGroup === true ? ['--no-user-group'] : []),
    ...(account.isSystem === true ? ['--system'] : []),
    ...(account.noLogInit === true ? ['--no-log-init'] : []),
    ...(shell === '' ? [] : ['--shell', shell]),
    account.name,
  ];
}

async function run(
  { exec }: { readonly exec: Exec },
  program: string,
  words: readonly string[],
): Promise<void> {
  const result = await exec.run(program, words);
  const why = result.stderr.trim() || `${program} ended with ${result.code}`;
  if (result.code !== 0) throw fail('agent/user-refused', { user: words.at(-1) ?? '', why });
}
