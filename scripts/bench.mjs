// SPDX-License-Identifier: Apache-2.0
// `npm run bench [name...]`: builds and runs bench/run.ts.

import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';
import { makeTestImage } from './image.mjs';
import { installPackages, testPackages, unpackPackages } from './packages.mjs';
import { unpackQemu } from './qemu.mjs';

unpackPackages([...testPackages, 'nginx', 'nginx-common']);
const wanted = process.argv.slice(2);
if (wanted.includes('machines')) unpackQemu();
if (wanted.includes('machines') || wanted.includes('image')) makeTestImage();
installPackages({ h2load: 'nghttp2-client', wrk: 'wrk' });

const outfile = '.cache/bench.mjs';
await build({
  entryPoints: ['bench/run.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
execFileSync(process.execPath, [outfile, ...wanted], { stdio: 'inherit' });
