// SPDX-License-Identifier: Apache-2.0

import type { BootStage } from './boot-stage.js';
import type { BootPlan } from './plan.js';

/** An answer as it goes out, and what giving it tells of the machine. */
export interface KeptAnswer {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly stage: BootStage | undefined;
}

// No state of its own: plans never change, so an answer is a function of its plan and URL, and goes with the plan.
const kept = new WeakMap<BootPlan, Map<string, KeptAnswer>>();

/** A machine asks for four things at most, each at one URL. */
const urlsPerMachine = 4;
/** What firmware says fits; a longer one is made anew each time. */
const maxUrlLength = 1_024;

/** What was answered before under this plan, by path and query. */
export function keptAnswer(plan: BootPlan, url: string): KeptAnswer | undefined {
  return kept.get(plan)?.get(url);
}

/** Keeps an answer to a machine of the plan; some thousand bytes each. Whoever makes up URLs makes all be forgotten, no more. */
export function keepAnswer(plan: BootPlan, url: string, answer: KeptAnswer): void {
  if (url.length > maxUrlLength) return;
  const answers = kept.get(plan) ?? new Map<string, KeptAnswer>();
  kept.set(plan, answers);
  if (answers.size >= urlsPerMachine * plan.machines.length) answers.clear();
  answers.set(url, answer);
}
