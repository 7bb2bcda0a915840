// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import { targetsOf } from './action-target.js';
import type { ActionDeps } from './actions.js';
import { planApply } from './apply.js';

/**
 * What of a node is not as the actions left it, in words: `/etc/motd: its content differs`. Units that stopped are not
 * among it, their state says that; nor are keys from elsewhere, which would have to be fetched.
 *
 * Cost: reads each file that the actions wrote.
 */
export async function findDrift(
  deps: ActionDeps,
  root: string,
  actions: readonly Action[],
): Promise<readonly string[]> {
  const written = actions.filter(({ kind }) => !unseen.has(kind) && kind !== 'enable-unit');
  const enabled = actions.filter(({ kind }) => kind === 'enable-unit');
  const steps = [
    ...(await planApply(deps, root, written)),
    // By themselves: a file that differs is no reason to tell of its unit too.
    ...(await planApply(deps, root, enabled)),
  ];
  return steps.map(({ action, why }) => `${nameOf(action)}: ${why}`);
}

const unseen: ReadonlySet<Action['kind']> = new Set(['import-keys', 'reload-units', 'command-unit']);

function nameOf(action: Action): string {
  switch (action.kind) {
    case 'enable-unit':
      return action.unit;
    case 'unmask':
    case 'set-variables':
      return action.path;
    case 'authorize-keys':
      return `keys of ${action.user}`;
    default:
      return targetsOf(action)[0] ?? action.kind;
  }
}
