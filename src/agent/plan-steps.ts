// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import type { Observed } from './observe.js';
import type { UnitStatus } from './supervisor.js';
import { fileNamesOf, findUnitName } from './unit-name.js';

/** An action that is to be performed, and why it has to be. */
export interface Step {
  readonly action: Action;
  /** What the node lacks, in words: `its content differs`. */
  readonly why: string;
}

type CommandUnit = Action & { readonly kind: 'command-unit' };

/**
 * Which of the actions the node needs, in their order. Pure; planned again on a node where all of them were done, it
 * is empty. Of several that write one path the last one counts. Units are reloaded when the file of one changes; one
 * that runs and whose own files change is restarted in place of started; a restart that is asked for is done when
 * the unit does not run, or when anything before it changes.
 */
export function planSteps(observed: readonly Observed[]): readonly Step[] {
  const last = new Map(observed.map(({ action }, index) => [pathOf(action), index]));
  const steps: Step[] = [];
  for (const [index, one] of observed.entries()) {
    const path = pathOf(one.action);
    if (path !== undefined && last.get(path) !== index) continue;
    const step = planStep(one, steps);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function planStep({ action, gap, unit }: Observed, before: readonly Step[]): Step | undefined {
  if (gap !== undefined) return { action, why: gap };
  switch (action.kind) {
    case 'enable-unit':
      return touches(before, action.unit) ? { action, why: 'its file changes' } : undefined;
    case 'reload-units':
      return before.some(({ action: one }) => one.kind === 'enable-unit' || unitOf(one) !== undefined)
        ? { action, why: 'unit files change' }
        : undefined;
    case 'command-unit':
      return unit === undefined ? undefined : planCommand(action, unit, before);
    default:
      return undefined;
  }
}

function planCommand(action: CommandUnit, unit: UnitStatus, before: readonly Step[]): Step | undefined {
  const runs = unit.active === 'active' || unit.active === 'activating' || unit.active === 'deactivating';
  const isChanged = touches(before, action.unit);
  const isStirred = isChanged || before.some(({ action: { kind } }) => kind !== 'command-unit');
  switch (action.command) {
    case 'start':
      if (!runs) return unit.isDone && !isChanged ? undefined : { action, why: `it is ${unit.active}` };
      return isChanged ? { action: { ...action, command: 'restart' }, why: 'its files change' } : undefined;
    case 'stop':
      return runs ? { action, why: `it is ${unit.active}` } : undefined;
    case 'restart':
    case 'reload-or-restart':
      if (!runs && !unit.isDone) return { action, why: `it is ${unit.active}` };
      return isStirred ? { action, why: 'the machine changes' } : undefined;
    case 'reload':
      return isStirred ? { action, why: 'the machine changes' } : undefined;
    case 'try-restart':
    case 'reload-or-try-restart':
      return runs && isStirred ? { action, why: 'the machine changes' } : undefined;
    default:
      return action.command satisfies never;
  }
}

/** Whether a file of the unit, or of its template, changes. */
function touches(steps: readonly Step[], unit: string): boolean {
  const name = findUnitName(unit);
  const files = name === undefined ? [] : fileNamesOf(name);
  return steps.some(({ action }) => files.includes(unitOf(action) ?? ''));
}

/** The unit whose own file or drop-in the action writes. */
function unitOf(action: Action): string | undefined {
  const path = pathOf(action);
  return path === undefined ? undefined : /\/systemd\/system\/([^/]+?)(?:\.d\/[^/]+)?$/.exec(path)?.[1];
}

function pathOf(action: Action): string | undefined {
  switch (action.kind) {
    case 'write-file':
    case 'link':
    case 'unmask':
      return action.path;
    default:
      return undefined;
  }
}
