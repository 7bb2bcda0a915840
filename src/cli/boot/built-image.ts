// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { realFiles } from '../../effects/index.js';
import type { BuiltImage } from './boot-images.js';

const manifestSchema = z.object({ args: z.array(z.string()).default([]) });

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
  const folder = join(imageFolder(), name);
  const text = await realFiles.readText(join(folder, 'image.json'));
  if (text === undefined) return undefined;
  const { args } = manifestSchema.parse(JSON.parse(text));
  return { kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd'), args };
}
