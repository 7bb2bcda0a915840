// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import { type ActionDeps, type ActionReport, performActions } from './actions.js';
import { mergeWrites } from './merge-writes.js';
import { observeActions } from './observe.js';
import { planSteps, type Step } from './plan-steps.js';

export interface ApplyReport {
  /** What was to be done, in order. */
  readonly steps: readonly Step[];
  /** What came of it; fewer than steps when it was interrupted. */
  readonly reports: readonly ActionReport[];
}

/** What the node whose `/` is `root` lacks of what the actions ask for. Changes nothing. */
export async function planApply(
  deps: ActionDeps,
  root: string,
  actions: readonly Action[],
): Promise<readonly Step[]> {
  const { setVariables } = await import('../cloudconfig/index.js');
  return planSteps(await observeActions(deps, root, mergeWrites(actions, setVariables)));
}

/**
 * Does what is lacking, step by step. A second run does nothing. Stops between two steps once `signal` fires.
 * `onPrepared` is called before the first command for a unit, if there is one.
 */
export async function applyActions(
  deps: ActionDeps,
  root: string,
  actions: readonly Action[],
  signal?: AbortSignal,
  onPrepared?: () => void,
): Promise<ApplyReport> {
  const steps = await planApply(deps, root, actions);
  const wanted = steps.map(({ action }) => action);
  return { steps, reports: await performActions(deps, root, wanted, signal, onPrepared) };
}
