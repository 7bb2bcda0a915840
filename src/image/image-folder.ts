// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Files } from '../effects/index.js';
import { fail } from './errors.js';
import { type Image, imageManifestSchema } from './manifest.js';

/** A name is a folder's name, too, and never leaves it. @throws `image/bad-name` */
export function checkImageName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name;
  throw fail('image/bad-name', { name });
}

/**
 * The image of that name below `root`, or `undefined`. Its files are looked at and not read: whoever serves them
 * compares their hash.
 *
 * @throws `image/bad-name`, `image/damaged`
 */
export async function findImage(files: Files, root: string, name: string): Promise<Image | undefined> {
  const folder = join(root, checkImageName(name));
  const text = await files.readText(join(folder, 'image.json'));
  if (text === undefined) return undefined;
  const image = {
    folder,
    kernelPath: join(folder, 'kernel'),
    initrdPath: join(folder, 'initrd'),
    manifest: parseManifest(folder, text),
  };
  await checkSize(files, folder, image.kernelPath, image.manifest.kernel.sizeBytes);
  await checkSize(files, folder, image.initrdPath, image.manifest.initrd.sizeBytes);
  return image;
}

/** The image of that name. @throws `image/unknown`, and as `findImage` does */
export async function getImage(files: Files, root: string, name: string): Promise<Image> {
  const image = await findImage(files, root, name);
  if (image !== undefined) return image;
  throw fail('image/unknown', { name, folder: root });
}

/** Every image below `root` by name; damaged ones are passed over and told of. */
export async function listImages(
  files: Files,
  root: string,
  onDamaged: (error: unknown) => void,
): Promise<readonly Image[]> {
  const found: Image[] = [];
  for (const name of (await files.list(root)) ?? []) {
    if (name.startsWith('.')) continue;
    try {
      const image = await findImage(files, root, name);
      if (image !== undefined) found.push(image);
    } catch (error) {
      onDamaged(error);
    }
  }
  return found;
}

/** Also a damaged one. @throws `image/bad-name`, `image/unknown` */
export async function removeImage(files: Files, root: string, name: string): Promise<void> {
  const folder = join(root, checkImageName(name));
  if ((await files.stat(folder)) === undefined) throw fail('image/unknown', { name, folder: root });
  const leaving = join(root, `.${name}.removed`);
  await files.remove(leaving);
  await files.move(folder, leaving);
  await files.remove(leaving);
}

function parseManifest(folder: string, text: string) {
  const damaged = (reason: string) => fail('image/damaged', { folder, reason });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw damaged('image.json is no JSON');
  }
  const parsed = imageManifestSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw damaged(`image.json: ${first?.path.join('.')}: ${first?.message}`);
}

async function checkSize(files: Files, folder: string, path: string, sizeBytes: number): Promise<void> {
  const found = await files.stat(path);
  if (found?.kind === 'file' && found.sizeBytes === sizeBytes) return;
  const reason =
    found === undefined ? `${path} is missing` : `${path} has ${found.sizeBytes} bytes, not ${sizeBytes}`;
  throw fail('image/damaged', { folder, reason });
}
