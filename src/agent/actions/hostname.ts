// SPDX-License-Identifier: Apache-2.0

import type { Exec, Files } from '../../effects/index.js';
import { fail } from '../errors.js';
import { ensureFolder, resolveInRoot } from '../node-root.js';
import type { ActionResult } from './action-result.js';

/** Writes `/etc/hostname`; on a real machine the running kernel takes the name as well. */
export async function performHostname(
  deps: { readonly files: Files; readonly exec: Exec },
  root: string,
  hostname: string,
): Promise<ActionResult> {
  const place = await resolveInRoot(deps.files, root, '/etc/hostname', { last: 'follow' });
  const text = `${hostname}\n`;
  const isWritten = (await deps.files.readText(place)) === text;
  if (!isWritten) {
    await ensureFolder(deps.files, root, '/etc');
    await deps.files.write(place, text, { mode: 0o644 });
  }
  const isSet = root === '/' && (await setKernelName(deps, hostname));
  return { outcome: isWritten && !isSet ? 'unchanged' : 'changed' };
}

async function setKernelName(
  deps: { readonly files: Files; readonly exec: Exec },
  hostname: string,
): Promise<boolean> {
  const current = await deps.files.readText('/proc/sys/kernel/hostname');
  if (current?.trim() === hostname) return false;
  const result = await deps.exec.run('hostname', ['--', hostname]);
  if (result.code !== 0) throw fail('agent/hostname-refused', { hostname, why: result.stderr.trim() });
  return true;
}
