// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { join } from 'node:path';
import { realFiles } from '../../effects/index.js';
import { findImage } from '../../image/index.js';
import { isMusterError } from '../../model/index.js';
import type { BuiltImage } from './boot-images.js';

/** Where built images are: one folder for each name. `MUSTER_IMAGES` names another place. */
export function imageFolder(): string {
  const named = process.env.MUSTER_IMAGES;
  if (named !== undefined && named !== '') return named;
  if (process.getuid?.() === 0) return '/var/lib/muster/images';
  const data = process.env.XDG_DATA_HOME;
  return join(data === undefined || data === '' ? join(homedir(), '.local/share') : data, 'muster/images');
}

/** `undefined`: there is none of this name, or it is not whole. */
export async function findBuiltImage(name: string): Promise<BuiltImage | undefined> {
  try {
    const image = await findImage(realFiles, imageFolder(), name);
    return image && { kernel: image.kernelPath, initrd: image.initrdPath, args: image.manifest.args };
  } catch (error) {
    if (isMusterError(error)) return undefined;
    throw error;
  }
}
