// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { checkPlan, type DrillPlan } from './choose-blow.js';

const three = ['a', 'b', 'c'];
const partition: DrillPlan = { fault: 'partition', width: 1, sides: undefined, holdMs: 1 };

test.each<[Partial<DrillPlan>, readonly string[], boolean, string]>([
  [{ width: 3 }, three, true, 'can have 2 cut off'],
  [{}, ['a'], true, 'can have 0 cut off'],
  [{ width: 3, sides: 'leader' }, three, true, 'can have 2 cut off'],
  [{ width: 4 }, three, false, 'has no more'],
  [{ fault: 'wipe', width: 2 }, three, false, 'can lose 1 at once'],
])('%j of %j is refused before anything is struck', (part, names, hasLinks, problem) => {
  expect(() => checkPlan({ ...partition, ...part }, names, hasLinks)).toThrow(problem);
});

test.each<[Partial<DrillPlan>, readonly string[], boolean]>([
  [{ width: 2 }, three, true],
  // All may stand still, and one may be cut off from the control process.
  [{ width: 3 }, three, false],
  [{ sides: 'a/control' }, ['a'], true],
])('%j of %j is a drill', (part, names, hasLinks) => {
  expect(() => checkPlan({ ...partition, ...part }, names, hasLinks)).not.toThrow();
});
