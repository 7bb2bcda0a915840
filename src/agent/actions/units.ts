// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../../cloudconfig/index.js';
import type { UnitControl } from '../supervisor.js';
import type { ActionResult } from './action-result.js';

/** Hands an action on units to what runs them. */
export async function performUnit(
  supervisor: UnitControl,
  action: Action & { readonly kind: 'enable-unit' | 'reload-units' | 'command-unit' },
): Promise<ActionResult> {
  switch (action.kind) {
    case 'enable-unit':
      return { outcome: await supervisor.enable(action.unit, { isRuntime: action.isRuntime }) };
    case 'reload-units':
      return { outcome: await supervisor.reload() };
    case 'command-unit':
      return { outcome: await supervisor.command(action.unit, action.command) };
    default:
      return action satisfies never;
  }
}
