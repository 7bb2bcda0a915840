// SPDX-License-Identifier: Apache-2.0

import type { MachineFacts } from '../model/index.js';
import type { Action } from './action.js';
import type { CloudConfig } from './cloud-config.js';
import { planEnvironment } from './plan-environment.js';
import { type PhasedAction, phases } from './section.js';
import { sections } from './sections/index.js';

/**
 * Everything that a cloud-config changes on a node, in order: host name, users, keys, files, settings in files,
 * unit files and drop-ins, enabling, one reload when units may have changed, then commands. Planning the same again gives the same.
 *
 * Source of the order: coreos-cloudinit f1f0405, initialize/config.go.
 */
export function planActions(config: CloudConfig, facts: MachineFacts): readonly Action[] {
  const planned = [
    ...sections.flatMap((section) => section.plan(config, facts)),
    ...planEnvironment(config, facts),
  ];
  const ordered = phases.flatMap((phase) => takePhase(planned, phase));
  const firstCommand = ordered.findIndex(({ kind }) => kind === 'command-unit');
  const at = firstCommand < 0 ? ordered.length : firstCommand;
  const reload: readonly Action[] = ordered.some(touchesUnits)
    ? [{ kind: 'reload-units', reason: 'coreos.units' }]
    : [];
  return [...ordered.slice(0, at), ...reload, ...ordered.slice(at)];
}

/** Without repeats: several network files restart their daemon once. */
function takePhase(planned: readonly PhasedAction[], phase: PhasedAction['phase']): readonly Action[] {
  const actions = planned.filter((entry) => entry.phase === phase).map((entry) => entry.action);
  return phase === 'networks' ? actions.slice(0, 1) : actions;
}

function touchesUnits(action: Action): boolean {
  switch (action.kind) {
    case 'enable-unit':
    case 'command-unit':
      return true;
    case 'write-file':
    case 'link':
    case 'unmask':
      return /^\/(etc|run|usr\/lib|usr\/local\/lib|lib)\/systemd\//.test(action.path);
    default:
      return false;
  }
}
