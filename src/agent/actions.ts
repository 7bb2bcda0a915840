// SPDX-License-Identifier: Apache-2.0

import type { Action } from '../cloudconfig/index.js';
import type { Exec, Files, HttpGet, Log } from '../effects/index.js';
import type { ActionResult } from './actions/action-result.js';
import { performLink, performUnmask, performWrite } from './actions/files.js';
import { performHostname } from './actions/hostname.js';
import { performImport } from './actions/import-keys.js';
import { performKeys } from './actions/keys.js';
import { performUnit } from './actions/units.js';
import { performUser } from './actions/users.js';
import { performVariables } from './actions/variables.js';
import { messageOf } from './errors.js';
import type { Change, UnitControl } from './supervisor.js';

export interface ActionDeps {
  readonly files: Files;
  readonly exec: Exec;
  readonly httpGet: HttpGet;
  readonly supervisor: UnitControl;
  readonly log: Log;
  /** Whether this process may give files to other users. */
  readonly isSuperuser: boolean;
}

export interface ActionReport {
  readonly action: Action;
  readonly outcome: Change | 'failed';
  readonly message?: string;
}

const networkUnit = 'systemd-networkd.service';

/**
 * Performs the actions in order, on the node whose `/` is `root`. One that fails is reported and the next is
 * done; a second run of the same actions changes nothing, but for unit commands that mean a restart.
 * Stops between two actions once `signal` fires; then there are fewer reports than actions. `onPrepared` is called
 * before the first command for a unit, but for the one that brings up the network.
 */
export async function performActions(
  deps: ActionDeps,
  root: string,
  actions: readonly Action[],
  signal?: AbortSignal,
  onPrepared: () => void = () => {},
): Promise<readonly ActionReport[]> {
  const reports: ActionReport[] = [];
  let isPrepared = false;
  for (const action of actions) {
    if (signal?.aborted) break;
    if (!isPrepared && action.kind === 'command-unit' && action.unit !== networkUnit) {
      isPrepared = true;
      onPrepared();
    }
    const report = await performReported(deps, root, action);
    const { outcome, message } = report;
    const level = outcome === 'failed' ? 'error' : 'info';
    deps.log[level]('action done', { kind: action.kind, reason: action.reason, outcome, message });
    reports.push(report);
  }
  return reports;
}

async function performReported(deps: ActionDeps, root: string, action: Action): Promise<ActionReport> {
  try {
    return { action, ...(await performAction(deps, root, action)) };
  } catch (error) {
    return { action, outcome: 'failed', message: messageOf(error) };
  }
}

function performAction(deps: ActionDeps, root: string, action: Action): Promise<ActionResult> {
  switch (action.kind) {
    case 'set-hostname':
      return performHostname(deps, root, action.hostname);
    case 'ensure-user':
      return performUser(deps, root, action.account);
    case 'import-keys':
      return performImport(deps, root, action);
    case 'set-variables':
      return performVariables(deps, root, action);
    case 'authorize-keys':
      return performKeys(deps, root, action);
    case 'write-file':
      return performWrite(deps, root, action);
    case 'link':
      return performLink(deps, root, action);
    case 'unmask':
      return performUnmask(deps, root, action.path);
    case 'enable-unit':
    case 'reload-units':
    case 'command-unit':
      return performUnit(deps.supervisor, action);
    default:
      return action satisfies never;
  }
}
