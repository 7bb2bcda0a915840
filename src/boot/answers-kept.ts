// SPDX-License-Identifier: Apache-2.0

import type { BootResponse } from './answer.js';
import type { BootMachine, BootPlan } from './plan.js';

// No state of its own: plans never change, so an answer is a function of its plan and goes with it.
const kept = new WeakMap<BootPlan, WeakMap<BootMachine, Map<string, BootResponse>>>();

/** What was answered to a machine under this plan, by request and profile: some thousand bytes for each that asked. */
export function answersOf(plan: BootPlan, machine: BootMachine): Map<string, BootResponse> {
  const ofPlan = kept.get(plan) ?? new WeakMap<BootMachine, Map<string, BootResponse>>();
  kept.set(plan, ofPlan);
  const ofMachine = ofPlan.get(machine) ?? new Map<string, BootResponse>();
  ofPlan.set(machine, ofMachine);
  return ofMachine;
}
