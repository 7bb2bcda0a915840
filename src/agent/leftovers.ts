// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import { targetsOf } from './action-target.js';

/**
 * What is still on a machine although its configuration does not ask for it any more, sorted. It goes at the next boot,
 * which begins with an empty disk: taking it away from a running machine would be a guess about what else needs it.
 *
 * @param known what was left over before
 */
export function foldLeftovers(
  known: readonly string[],
  before: readonly Action[],
  after: readonly Action[],
): readonly string[] {
  const wanted = new Set(after.flatMap(targetsOf));
  const left = [...known, ...before.flatMap(targetsOf)].filter((target) => !wanted.has(target));
  return [...new Set(left)].sort();
}
