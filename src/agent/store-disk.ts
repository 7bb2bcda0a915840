// SPDX-License-Identifier: Apache-2.0

import type { Exec, Files } from '../effects/index.js';

interface DiskDeps {
  readonly exec: Exec;
  readonly files: Files;
}

/** Where the disk of a machine is, for the store's data alone: everything else is in memory, as on machines without one. */
export const storeDiskFolder = '/var/lib/muster/disk';

/**
 * Puts the disk in place, with a file system of its own if it is blank. One that holds anything else is left alone.
 * Returns what is wrong, in words; nothing when it is in place.
 */
export async function mountStoreDisk({ exec, files }: DiskDeps, device: string): Promise<string | undefined> {
  const mounts = ((await files.readText('/proc/self/mounts')) ?? '').split('\n');
  if (mounts.some((line) => line.split(' ')[1] === storeDiskFolder)) return undefined;
  const run = async (program: string, words: readonly string[]) => {
    const result = await exec.run(program, words).catch((error: unknown) => String(error));
    if (typeof result === 'string') return result;
    return result.code === 0 ? undefined : result.stderr.trim() || `${program} ended with ${result.code}`;
  };
  const probe = await exec.run('blkid', ['--probe', '--output', 'export', device]).catch(() => undefined);
  if (probe === undefined) return `${device} cannot be looked at: there is no blkid`;
  // By its manual, 2 means that nothing was found.
  const isBlank = probe.code === 2 && (await files.stat(device)) !== undefined;
  if (!isBlank && !/^TYPE=(ext4|xfs|btrfs)$/m.test(probe.stdout)) {
    return `${device} is not used: ${probe.stderr.trim() || 'something other than a file system of muster is on it'}`;
  }
  if (isBlank) {
    const failure = await run('mkfs.ext4', ['-q', '-L', 'muster', device]);
    if (failure !== undefined) return `${device} cannot be given a file system: ${failure}`;
  }
  await files.makeFolder(storeDiskFolder, 0o700);
  const failure = await run('mount', ['-o', 'noatime,nosuid,nodev', device, storeDiskFolder]);
  return failure === undefined ? undefined : `${device} cannot be mounted: ${failure}`;
}
