// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import { findFileGap, findLinkGap, findUnmaskGap } from './actions/files.js';
import { findHostnameGap } from './actions/hostname.js';
import { findImportGap } from './actions/import-keys.js';
import { findKeysGap } from './actions/keys.js';
import { findUserGap } from './actions/users.js';
import { findVariablesGap } from './actions/variables.js';
import type { ActionDeps } from './actions.js';
import { messageOf } from './errors.js';
import type { UnitStatus } from './supervisor.js';

/** An action, and how the node stands to it. */
export interface Observed {
  readonly action: Action;
  /** How the node differs from what the action asks for, in words; `undefined` when it does not, or as far as is known. */
  readonly gap: string | undefined;
  /** Of the unit that a command is for. */
  readonly unit?: UnitStatus;
}

/** Looks at the node whose `/` is `root`, and changes nothing. What cannot be looked at is a gap: the action will say why. */
export async function observeActions(
  deps: ActionDeps,
  root: string,
  actions: readonly Action[],
): Promise<readonly Observed[]> {
  const observed: Observed[] = [];
  for (const action of actions) {
    const found = await observe(deps, root, action).catch((error: unknown) => ({ gap: messageOf(error) }));
    observed.push({ action, ...found });
  }
  return observed;
}

async function observe(deps: ActionDeps, root: string, action: Action): Promise<Omit<Observed, 'action'>> {
  switch (action.kind) {
    case 'set-hostname':
      return { gap: await findHostnameGap(deps, root, action.hostname) };
    case 'ensure-user':
      return { gap: await findUserGap(deps, root, action.account) };
    case 'import-keys':
      return { gap: await findImportGap(deps, root, action) };
    case 'set-variables':
      return { gap: await findVariablesGap(deps, root, action) };
    case 'authorize-keys':
      return { gap: await findKeysGap(deps, root, action) };
    case 'write-file':
      return { gap: await findFileGap(deps, root, action) };
    case 'link':
      return { gap: await findLinkGap(deps, root, action) };
    case 'unmask':
      return { gap: await findUnmaskGap(deps, root, action.path) };
    case 'enable-unit':
      return {
        gap: (await deps.supervisor.isEnabled(action.unit, action)) ? undefined : 'it is not enabled',
      };
    case 'command-unit':
      return { gap: undefined, unit: await deps.supervisor.status(action.unit) };
    case 'reload-units':
      return { gap: undefined };
    default:
      return action satisfies never;
  }
}
