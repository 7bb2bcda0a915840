// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { runFleet } from './run-fleet.js';

/** More of them: `MUSTER_SCHEDULES=20000`. One of them again: `MUSTER_SEED=17`. */
const schedules = Number(process.env.MUSTER_SCHEDULES ?? 12);
const firstSeed = Number(process.env.MUSTER_SEED ?? 1);
const seeds = process.env.MUSTER_SEED === undefined ? schedules : 1;

test('whatever befalls the machines, no unit is stopped without need, and all run in the end', {
  timeout: 3_600_000,
}, () => {
  const bad: unknown[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const harms = runFleet(seed, { machines: 5 + (seed % 30), units: 60, seconds: 300 });
    if (harms.length > 0) bad.push({ seed, harms: harms.slice(0, 10) });
  }
  expect(bad.slice(0, 5), `${bad.length} of ${seeds} schedules`).toEqual([]);
});

test('as well with a thousand machines', { timeout: 3_600_000 }, () => {
  expect(runFleet(firstSeed, { machines: 1_000, units: 3_000, seconds: 100 })).toEqual([]);
});
