// SPDX-License-Identifier: Apache-2.0
// The image that tests boot, made by muster itself into .cache/images, once for each build of muster:
// `node scripts/image.mjs`. Lightly packed, since it is packed more often than it is sent.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const place = resolve('.cache/images');
const parts = ['bin/muster', 'dist/muster.cjs', 'dist/agent.cjs', 'dist/app.cjs'];

/** Returns the folder of images for MUSTER_IMAGES, with one of the name "default" in it. */
export function makeTestImage() {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(readFileSync(part));
  const key = hash.digest('hex');
  const mark = join(place, 'made-of');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === key) return place;
  rmSync(mark, { force: true });
  execFileSync(process.execPath, [resolve('bin/muster'), 'image', 'build', 'default', '--level', '3'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MUSTER_IMAGES: place },
  });
  writeFileSync(mark, key);
  return place;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(`${makeTestImage()}\n`);
