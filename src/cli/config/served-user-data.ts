// SPDX-License-Identifier: Apache-2.0

import { answerBoot, type BootPlan } from '../../boot/index.js';

/** What a machine of the plan is served, by the very function that serves it; `undefined`: there is no such machine. */
export function servedUserData(plan: BootPlan, name: string): string | undefined {
  const machine = plan.machines.find((one) => one.name === name);
  if (machine === undefined) return undefined;
  const response = answerBoot({ kind: 'user-data', marks: machine.marks }, plan);
  return response.kind === 'user-data' ? response.text : undefined;
}
