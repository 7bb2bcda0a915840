// SPDX-License-Identifier: Apache-2.0

import type { Exec, Files } from '../../effects/index.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

interface HostnameDeps {
  readonly files: Files;
  readonly exec: Exec;
}

/** Writes `/etc/hostname`; on a real machine the running kernel takes the name as well. */
export async function performHostname(
  deps: HostnameDeps,
  root: string,
  hostname: string,
): Promise<ActionResult> {
  const { place, isWritten, isSet } = await lookAtHostname(deps, root, hostname);
  if (!isWritten) {
    await ensureFolder(deps.files, root, '/etc');
    await deps.files.write(place, `${hostname}\n`, { mode: 0o644 });
  }
  if (!isSet) await setKernelName(deps, hostname);
  return { outcome: isWritten && isSet ? 'unchanged' : 'changed' };
}

export async function findHostnameGap(
  deps: HostnameDeps,
  root: string,
  hostname: string,
): Promise<string | undefined> {
  const { isWritten, isSet } = await lookAtHostname(deps, root, hostname);
  if (!isWritten) return '/etc/hostname says another';
  return isSet ? undefined : 'the kernel has another';
}

async function lookAtHostname({ files }: HostnameDeps, root: string, hostname: string) {
  const place = await resolveInRoot(files, root, '/etc/hostname', { last: 'follow' });
  const isWritten = (await files.readText(place)) === `${hostname}\n`;
  const kernel = root === '/' ? await files.readText('/proc/sys/kernel/hostname') : hostname;
  return { place, isWritten, isSet: kernel?.trim() === hostname };
}

async function setKernelName({ exec }: HostnameDeps, hostname: string): Promise<void> {
  const result = await exec.run('hostname', ['--', hostname]);
  if (result.code !== 0) throw fail('agent/hostname-refused', { hostname, why: result.stderr.trim() });
}
