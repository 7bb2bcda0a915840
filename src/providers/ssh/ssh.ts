// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Exec, Files } from '../../effects/index.js';
import { fail } from '../errors.js';
import type { SshPlace } from '../provider.js';

/** The user of machines that muster's key lets in. */
const user = 'core';

export interface SshDeps {
  readonly exec: Exec;
  readonly files: Files;
}

function placesIn(folder: string) {
  const place = join(folder, 'ssh');
  return { place, key: join(place, 'id_ed25519'), known: join(place, 'known_hosts') };
}

/**
 * The public half of the cluster's key pair, which is made when there is none: machines get it by their user-data, the
 * private half never leaves the cluster's folder.
 *
 * @param folder the cluster's own, `.muster`
 * @throws `providers/no-ssh`
 */
export async function openSshKey(
  { exec, files }: SshDeps,
  folder: string,
  clusterName: string,
): Promise<string> {
  const found = await findSshKey(files, folder);
  if (found !== undefined) return found;
  const { place, key } = placesIn(folder);
  await files.makeFolder(place, 0o700);
  // Half a pair is none.
  await files.remove(key);
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', `muster ${clusterName}`, '-f', key];
  const { code, stderr } = await exec.run('ssh-keygen', args).catch((error: unknown) => {
    throw fail('providers/no-ssh', { why: error instanceof Error ? error.message : String(error) }, error);
  });
  const made = await findSshKey(files, folder);
  if (code === 0 && made !== undefined) return made;
  throw fail('providers/no-ssh', { why: stderr.trim() || 'ssh-keygen made no key' });
}

/** As `openSshKey`, where it is there. */
export async function findSshKey(files: Files, folder: string): Promise<string | undefined> {
  const { key } = placesIn(folder);
  const isWhole = (await files.stat(key)) !== undefined;
  const text = isWhole ? await files.readText(`${key}.pub`) : undefined;
  return text?.trim() || undefined;
}

/**
 * The command line of an ssh to a machine. Nothing of the caller's own configuration counts. A host key is taken as it
 * comes the first time, and kept by `hostKeyName`: a machine with nothing on a disk has a new one after each boot, so that
 * the name has to be of the boot.
 *
 * @param words the command to run there; a shell when there are none
 */
export function sshCommand(
  folder: string,
  { address, port }: SshPlace,
  hostKeyName: string,
  words: readonly string[],
): readonly string[] {
  const { key, known } = placesIn(folder);
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=15',
    'StrictHostKeyChecking=accept-new',
    'GlobalKnownHostsFile=/dev/null',
    `UserKnownHostsFile=${quoted(known)}`,
    `HostKeyAlias=${hostKeyName}`,
    'LogLevel=ERROR',
  ];
  const asked = words.length === 0 ? [] : ['--', ...words];
  return [
    ...['ssh', '-F', 'none', '-i', key.replaceAll('%', '%%'), '-p', String(port)],
    ...options.flatMap((option) => ['-o', option]),
    `${user}@${address}`,
    ...asked,
  ];
}

/** As ssh reads a word of its configuration. Source: ssh_config(5), TOKENS. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
