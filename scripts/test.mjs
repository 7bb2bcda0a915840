// SPDX-License-Identifier: Apache-2.0
// `npm test`: the checks, then every test, then one plain line. A skipped test is a failure in CI.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTestImage } from './image.mjs';
import { installPackages, testPackages, testPrograms, unpackPackages } from './packages.mjs';
import { unpackQemu } from './qemu.mjs';

const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
const tally = { passed: 0, failed: 0, skipped: 0 };

try {
  const programs = unpackPackages(testPackages);
  installPackages(testPrograms);
  const env = {
    ...process.env,
    MUSTER_IMAGES: makeTestImage(),
    PATH: `${unpackQemu()}:${programs}:${process.env.PATH}`,
  };
  for (const [name, args] of [
    ['types', ['tsc', '--noEmit']],
    ['lint', ['biome', 'check', '.']],
    ['unused', ['knip']],
  ]) {
    process.stdout.write(`check: ${name}\n`);
    count(spawnSync('npx', args, { stdio: 'inherit', env }).status === 0 ? 'passed' : 'failed', 1);
  }
  const report = join(folder, 'report.json');
  const run = spawnSync(
    'npx',
    [
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit', env },
  );
  const result = JSON.parse(readFileSync(report, 'utf8'));
  count('passed', result.numPassedTests);
  count('failed', result.numFailedTests);
  count('skipped', result.numPendingTests + result.numTodoTests);
  // A file that does not load has no test that could fail.
  if (run.status !== 0 && result.numFailedTests === 0) count('failed', 1);
  if (result.numTotalTests === 0) count('failed', 1);
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  count('failed', 1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (process.env.CI && tally.skipped > 0) count('failed', tally.skipped);
process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function count(outcome, number) {
  tally[outcome] += number;
}
