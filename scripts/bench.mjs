// SPDX-License-Identifier: Apache-2.0
// `npm run bench [name...]`: builds and runs bench/run.ts.

import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';
import { installPackages, testPackages, unpackPackages } from './packages.mjs';

unpackPackages([...testPackages, 'nginx', 'nginx-common']);
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
execFileSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
