// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { memoryFiles } from '../effects/testing.js';
import { checkImageName, findImage, getImage, listImages, removeImage } from './image-folder.js';
import type { ImageManifest } from './manifest.js';

const manifest: ImageManifest = {
  format: 1,
  name: 'default',
  kernel: { sha256: 'a'.repeat(64), sizeBytes: 3 },
  initrd: { sha256: 'b'.repeat(64), sizeBytes: 4 },
  args: ['quiet'],
  suite: 'trixie',
  kernelRelease: '6.12',
  packages: [{ name: 'systemd', version: '257' }],
  sourceDate: '2026-01-01T00:00:00.000Z',
  musterVersion: '0.1.0',
  unpackedBytes: 10,
};

async function withImage(change: { readonly manifest?: object; readonly initrd?: string } = {}) {
  const files = memoryFiles();
  await files.makeFolder('/images/default');
  await files.write('/images/default/kernel', 'abc');
  await files.write('/images/default/initrd', change.initrd ?? 'abcd');
  await files.write('/images/default/image.json', JSON.stringify({ ...manifest, ...change.manifest }));
  return files;
}

test('an image is found by its name, and listed', async () => {
  const files = await withImage();
  expect((await findImage(files, '/images', 'default'))?.manifest).toEqual(manifest);
  expect(await findImage(files, '/images', 'other')).toBeUndefined();
  expect(await listImages(files, '/images', () => {})).toHaveLength(1);
  await expect(getImage(files, '/images', 'other')).rejects.toMatchObject({ code: 'image/unknown' });
});

test('one whose files are not what its record says is damaged, and does not hide the others', async () => {
  const files = await withImage({ initrd: 'cut' });
  await expect(findImage(files, '/images', 'default')).rejects.toMatchObject({ code: 'image/damaged' });
  const told: unknown[] = [];
  expect(await listImages(files, '/images', (error) => told.push(error))).toEqual([]);
  expect(told).toHaveLength(1);
  const odd = await withImage({ manifest: { format: 2 } });
  await expect(findImage(odd, '/images', 'default')).rejects.toThrow('image.json: format');
});

test('a removed image is gone; what is not there cannot be removed', async () => {
  const files = await withImage();
  await removeImage(files, '/images', 'default');
  expect(await findImage(files, '/images', 'default')).toBeUndefined();
  expect(await files.list('/images')).toEqual([]);
  await expect(removeImage(files, '/images', 'default')).rejects.toMatchObject({ code: 'image/unknown' });
});

test.each(['..', '.new', 'a/b', '', 'A', '-x'])('"%s" is no name of an image', (name) => {
  expect(() => checkImageName(name)).toThrow(expect.objectContaining({ code: 'image/bad-name' }));
});
