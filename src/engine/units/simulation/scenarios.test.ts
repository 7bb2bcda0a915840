// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fleetOptionNames } from '../../../units/index.js';
import { runScenario } from './run-scenario.js';

const folder = join(import.meta.dirname, '../scenarios');
const scenarios = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), 'utf8'),
}));

/** `npx vitest run --project unit src/engine/units -u` writes the answers anew: read what changed. */
test.each(scenarios)('$name', async ({ name, text }) => {
  await expect(runScenario(text)).toMatchFileSnapshot(join(folder, name));
});

test('every option has a scenario', () => {
  const all = scenarios.map(({ text }) => text).join('\n');
  expect(fleetOptionNames.filter((name) => !new RegExp(`^ +${name}=`, 'm').test(all))).toEqual([]);
});

test('each of the fifteen complaints about fleet has a scenario, or a note where it is shown', () => {
  const numbers = scenarios.flatMap(({ text }) =>
    [...text.matchAll(/^# Complaint (\d+)/gm)].map(([, number]) => number),
  );
  const missing = Array.from({ length: 15 }, (_, index) => String(index + 1)).filter(
    (one) => !numbers.includes(one),
  );
  expect(missing).toEqual([]);
});
