// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { runSchedule } from './run-schedule.js';

/** More of them: `MUSTER_SCHEDULES=20000`. One of them again: `MUSTER_SEED=17`. */
const schedules = Number(process.env.MUSTER_SCHEDULES ?? 100);
const firstSeed = Number(process.env.MUSTER_SEED ?? 1);
const seeds = process.env.MUSTER_SEED === undefined ? schedules : 1;

test('whatever befalls the machines, nothing that was acknowledged is lost, and the cluster comes back', {
  timeout: 3_600_000,
}, async () => {
  const bad: unknown[] = [];
  const total = { acknowledged: 0 };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const outcome = await runSchedule(seed);
    total.acknowledged += outcome.acknowledged;
    if (outcome.harms.length > 0) bad.push(seeds === 1 ? outcome : { ...outcome, tale: [] });
  }
  expect(bad.slice(0, 10), `${bad.length} of ${seeds} schedules`).toEqual([]);
  expect(total.acknowledged).toBeGreaterThan(seeds);
});
