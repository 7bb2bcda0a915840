// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type IpxeTag, ipxeFiles } from '../../boot/index.js';
import { fail } from '../errors.js';

/** Where Debian's packages `ipxe` and `ipxe-qemu` put them, and a place for one's own. */
const folders = ['/usr/lib/ipxe', '/boot'];
/** Debian 13 names the one for x86-64 by its architecture. */
const otherNames: Readonly<Record<string, readonly string[]>> = { 'ipxe.efi': ['ipxe-amd64.efi'] };

/**
 * Copies iPXE for every firmware that this computer has it for into the folder of a TFTP server; which these are.
 * `MUSTER_IPXE` names a folder that is looked in first.
 *
 * @throws `cli/no-ipxe` when there is none at all
 */
export async function placeIpxeFiles(target: string): Promise<readonly IpxeTag[]> {
  await mkdir(target, { recursive: true, mode: 0o755 });
  const own = process.env.MUSTER_IPXE;
  const places = own === undefined || own === '' ? folders : [own, ...folders];
  const placed: IpxeTag[] = [];
  for (const { tag, file } of ipxeFiles) {
    const names = [file, ...(otherNames[file] ?? [])];
    const found = places.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
    if (found === undefined) continue;
    await copyFile(found, join(target, file));
    placed.push(tag);
  }
  if (placed.length === 0) throw fail('cli/no-ipxe');
  return placed;
}
