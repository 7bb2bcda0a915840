// SPDX-License-Identifier: Apache-2.0

import { answerBoot, type BootPlan, parseFacts } from '../../boot/index.js';

/**
 * What a machine of the plan is served, by the very function that serves it; `undefined`: there is no such machine.
 *
 * @param profile which it booted; left out: the one that fits by what the cluster file says of it
 */
export function servedUserData(plan: BootPlan, name: string, profile?: string): string | undefined {
  const machine = plan.machines.find((one) => one.name === name);
  if (machine === undefined) return undefined;
  const query = new URLSearchParams({ ...machine.marks, ...(profile !== undefined && { profile }) });
  const response = answerBoot({ kind: 'user-data', facts: parseFacts(query) }, plan);
  return response.kind === 'user-data' ? response.text : undefined;
}
