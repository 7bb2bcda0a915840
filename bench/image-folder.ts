// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where scripts/image.mjs leaves images, unless `MUSTER_IMAGES` says otherwise. */
export const imagesFolder = process.env.MUSTER_IMAGES ?? resolve('.cache/images');

/** The image "default". @throws when there is none */
export async function imageFolder(): Promise<string> {
  const folder = join(imagesFolder, 'default');
  if (existsSync(join(folder, 'image.json'))) return folder;
  throw new Error(`no image in ${folder}: \`node scripts/image.mjs\` makes it`);
}
