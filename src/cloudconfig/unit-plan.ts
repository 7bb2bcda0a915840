// SPDX-License-Identifier: Apache-2.0

import type { Action } from './action.js';
import type { CloudUnit } from './cloud-config.js';
import { isNetworkUnit, unitPath } from './node-path.js';
import type { PhasedAction } from './section.js';

/** A file that belongs to a unit, as every unit file is written. */
export function writeUnitFile(path: string, content: string, reason: string): Action {
  return { kind: 'write-file', path, content, encoding: 'utf8', owner: '', mode: 0o644, reason };
}

/** What one entry of `coreos.units` does. Network files are never enabled, their daemon is restarted instead. */
export function planUnit(unit: CloudUnit, place: string): readonly PhasedAction[] {
  const { name, command } = unit;
  const isRuntime = unit.isRuntime === true;
  const isNetwork = isNetworkUnit(name);
  const planned: PhasedAction[] = planFiles(unit, place).map((action) => ({ phase: 'units', action }));
  if (unit.isEnabled && !isNetwork)
    planned.push({
      phase: 'enable',
      action: { kind: 'enable-unit', unit: name, isRuntime, reason: `${place}.enable` },
    });
  if (isNetwork) {
    const unit = 'systemd-networkd.service';
    planned.push({
      phase: 'networks',
      action: { kind: 'command-unit', unit, command: 'restart', reason: place },
    });
  }
  if (command !== undefined)
    planned.push({
      phase: 'commands',
      action: { kind: 'command-unit', unit: name, command, reason: `${place}.command` },
    });
  return planned;
}

function planFiles(unit: CloudUnit, place: string): readonly Action[] {
  const path = unitPath(unit.name, unit.isRuntime === true);
  const actions: Action[] = [];
  if (unit.content !== '') actions.push(writeUnitFile(path, unit.content, `${place}.content`));
  for (const [index, file] of unit.dropIns.entries())
    if (file.content !== '')
      actions.push(writeUnitFile(`${path}.d/${file.name}`, file.content, `${place}.drop_ins[${index}]`));
  if (unit.isMasked) actions.push({ kind: 'link', path, target: '/dev/null', reason: `${place}.mask` });
  else if (unit.isRuntime && unit.content === '')
    actions.push({ kind: 'unmask', path, reason: `${place}.runtime` });
  return actions;
}
