// SPDX-License-Identifier: Apache-2.0
// A program in the place of muster: starts a unit of its own and waits. The first argument says how it takes SIGTERM.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [manner, ...args] = process.argv.slice(2);
const root = args[args.indexOf('--root') + 1];
const unit = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
process.on('SIGTERM', () => {
  if (manner === 'stubborn') return;
  unit.once('exit', () => process.exit(0));
  unit.kill('SIGKILL');
});
setInterval(() => {}, 60_000);
console.log(`machine ${args[0]} ${unit.pid}`);
writeFileSync(join(root, 'booted'), JSON.stringify({ pid: process.pid, unitPid: unit.pid, args }));
