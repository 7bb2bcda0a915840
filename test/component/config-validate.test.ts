// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { problemRules } from '../../src/cloudconfig/index.js';

const folder = join(import.meta.dirname, '../..');

function validate(args: readonly string[], input = '') {
  const command = ['config', 'validate', ...args];
  return execa(join(folder, 'bin/muster'), command, { cwd: folder, input, reject: false });
}

test.each([
  [['test/corpus/units-all.yaml'], 0],
  [['test/corpus/unknown-keys.yaml'], 0],
  [['--strict', 'test/corpus/unknown-keys.yaml'], 1],
  [['test/corpus/units-all.yaml', 'test/corpus/hosts-true.yaml'], 1],
  [['test/corpus/hosts-true.yaml', 'test/corpus/none.yaml'], 2],
  [[], 2],
])('%j ends with %i', async (args, code) => {
  expect((await validate(args)).exitCode).toBe(code);
});

test('each problem has its file, line and column, and what would be right', async () => {
  const { exitCode, stdout } = await validate(['-'], '#cloud-config\nhostname: a_b\n');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^<stdin>:2:11: error: "a_b" is not a host name \(hostname\)\n {4}write letters/);
});

test('SARIF names rules that it lists, and places within the file', async () => {
  const { stdout } = await validate(['-o', 'sarif', 'test/corpus/files-wrong.yaml']);
  const log = JSON.parse(stdout);
  expect(log).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'muster' } } }] });
  const [{ tool, results }] = log.runs;
  expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(Object.keys(problemRules));
  expect(results[0]).toMatchObject({
    ruleId: 'read-only-path',
    level: 'error',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'test/corpus/files-wrong.yaml' },
          region: { startLine: 4, startColumn: 11 },
        },
        logicalLocations: [{ fullyQualifiedName: 'write_files[0].path' }],
      },
    ],
  });
  for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
});

test('what never ends is read as far as it may be long', async () => {
  const { exitCode, stdout } = await validate(['/dev/zero']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('larger than 1 MiB');
});
