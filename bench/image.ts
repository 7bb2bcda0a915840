// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageManifest } from '../src/image/index.js';
import { imageFolder } from './image-folder.js';
import { printTable } from './measure.js';

const mebibyte = 2 ** 20;

/** What machines fetch and keep in memory; of the image that tests boot, which is packed lightly. */
export async function benchImage(): Promise<void> {
  const text = await readFile(join(await imageFolder(), 'image.json'), 'utf8');
  const { kernel, initrd, unpackedBytes, packages }: ImageManifest = JSON.parse(text);
  const row = { beside: '', ratio: '', goal: '' };
  const mib = (bytes: number) => `${(bytes / mebibyte).toFixed(1)} MiB`;
  printTable('image', [
    { what: 'initrd, zstd -3', value: mib(initrd.sizeBytes), ...row },
    { what: 'in memory', value: mib(unpackedBytes), ...row },
    { what: 'kernel', value: mib(kernel.sizeBytes), ...row },
    { what: 'packages', value: String(packages.length), ...row },
  ]);
}
