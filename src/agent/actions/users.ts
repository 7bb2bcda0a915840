// SPDX-License-Identifier: Apache-2.0

import type { UserAccount } from '../../cloudconfig/index.js';
import type { Exec, Files } from '../../effects/index.js';
import { type AccountFiles, addAccount, setPassword } from '../account-files.js';
import { findAccount } from '../accounts.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

interface UserDeps {
  readonly exec: Exec;
  readonly files: Files;
  readonly isSuperuser: boolean;
}

/**
 * Makes a user; of one that is there only the password is set. The machine's own tools do it for the machine itself; in
 * a node that is a folder, which has none, the files are written.
 *
 * Source of the arguments: coreos-cloudinit f1f0405, system/user.go.
 */
export async function performUser(deps: UserDeps, root: string, account: UserAccount): Promise<ActionResult> {
  const isThere = (await findAccount(deps.files, root, account.name)) !== undefined;
  if (isThere && (await hasPassword(deps, root, account))) return { outcome: 'unchanged' };
  if (root === '/') await useTools(deps, account, isThere);
  else await writeFiles(deps, root, account, isThere);
  return { outcome: 'changed' };
}

export async function findUserGap(
  deps: UserDeps,
  root: string,
  account: UserAccount,
): Promise<string | undefined> {
  if ((await findAccount(deps.files, root, account.name)) === undefined) return 'there is no such user';
  return (await hasPassword(deps, root, account)) ? undefined : 'the password differs';
}

async function hasPassword(deps: UserDeps, root: string, account: UserAccount): Promise<boolean> {
  if (account.passwordHash === '') return true;
  const { shadow } = await readAccounts(deps, root);
  const row = shadow.split('\n').find((line) => line.startsWith(`${account.name}:`));
  return row?.split(':')[1] === account.passwordHash;
}

/** The hash goes in by standard input: arguments can be read by every user of the machine. */
async function useTools(deps: UserDeps, account: UserAccount, isThere: boolean): Promise<void> {
  const { name, passwordHash } = account;
  if (!isThere) await run(deps, name, 'useradd', userArguments(account));
  if (passwordHash !== '') await run(deps, name, 'chpasswd', ['--encrypted'], `${name}:${passwordHash}\n`);
}

/** As `useradd` takes them, with no password that lets anyone in. */
export function userArguments(account: UserAccount): readonly string[] {
  const { gecos, homeDir, primaryGroup, groups, shell } = account;
  return [
    ...['--password', '*'],
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
  { exec }: UserDeps,
  user: string,
  program: string,
  words: readonly string[],
  input?: string,
): Promise<void> {
  const result = await exec.run(program, words, input === undefined ? {} : { input });
  const why = result.stderr.trim() || `${program} ended with ${result.code}`;
  if (result.code !== 0) throw fail('agent/user-refused', { user, why });
}

async function writeFiles(
  deps: UserDeps,
  root: string,
  account: UserAccount,
  isThere: boolean,
): Promise<void> {
  const { name, passwordHash } = account;
  const before = await readAccounts(deps, root);
  if (isThere) {
    return writeAccounts(deps, root, { ...before, shadow: setPassword(before.shadow, name, passwordHash) });
  }
  const added = addAccount(before, account);
  if (added.kind === 'refused') throw fail('agent/user-refused', { user: name, why: added.why });
  const { uid, gid, home } = added.account;
  if (account.noCreateHome !== true) {
    const place = await ensureFolder(deps.files, root, home);
    if (deps.isSuperuser) await deps.files.chown(place, uid, gid);
  }
  await writeAccounts(deps, root, added.files);
}

const accountFiles = [
  ['group', '/etc/group', 0o644],
  ['shadow', '/etc/shadow', 0o600],
  // Last: whoever stands in it is there.
  ['passwd', '/etc/passwd', 0o644],
] as const;

async function readAccounts({ files }: UserDeps, root: string): Promise<AccountFiles> {
  const read = async (path: string) =>
    (await files.readText(await resolveInRoot(files, root, path, { last: 'follow' }))) ?? '';
  return {
    passwd: await read('/etc/passwd'),
    group: await read('/etc/group'),
    shadow: await read('/etc/shadow'),
  };
}

/** Each keeps the owner and the mode that it has: programs of the group `shadow` read /etc/shadow. */
async function writeAccounts(
  { files, isSuperuser }: UserDeps,
  root: string,
  texts: AccountFiles,
): Promise<void> {
  await ensureFolder(files, root, '/etc');
  for (const [name, path, mode] of accountFiles) {
    const place = await resolveInRoot(files, root, path, { last: 'follow' });
    if ((await files.readText(place)) === texts[name]) continue;
    const { uid, gid, mode: found = mode } = (await files.stat(place)) ?? {};
    const owner = isSuperuser && uid !== undefined && gid !== undefined ? { uid, gid } : {};
    await files.write(place, texts[name], { mode: found, ...owner });
  }
}
