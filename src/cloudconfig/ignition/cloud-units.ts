// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../../spec/index.js';
import { startDropIn } from './assemble.js';
import { readOptions } from './cloud-options.js';
import { type CloudPart, otherwise } from './cloud-part.js';
import { fillUnit } from './fill-variables.js';
import type { IgnitionUnit } from './schema.js';
import { isStartedWhenEnabled, stopUnitOf } from './unit-pieces.js';

/** What one unit becomes below `coreos.units`. */
interface UnitData {
  readonly name: string;
  readonly command?: string;
  readonly enable?: boolean;
  readonly mask?: boolean;
  readonly drop_ins?: readonly { readonly name: string; readonly content: string }[];
  readonly content?: string;
}

/** `coreos.units`, and the sections whose options are the variables of a unit. */
export function cloudUnits(all: readonly IgnitionUnit[]): CloudPart {
  const units = new Map<string, UnitData>();
  const lay = (unit: UnitData) => units.set(unit.name, { ...units.get(unit.name), ...unit });
  const sections = new Map<string, Readonly<Record<string, unknown>>>();
  for (const unit of all) {
    const stopped = stopUnitOf(unit);
    if (unit.name === fillUnit) continue;
    if (stopped !== undefined) lay({ name: stopped, command: 'stop' });
    const dropins = (unit.dropins ?? []).filter((file) => {
      const options = readOptions(unit.name, file.name, file.contents ?? '');
      if (options !== undefined) sections.set(options.section, options.options);
      const started = startedBy(unit.name, file.name, file.contents ?? '');
      for (const name of started) lay({ name, command: 'start' });
      return options === undefined && started.length === 0;
    });
    const data = unitData(unit, dropins);
    if (stopped === undefined && (Object.keys(data).length > 1 || (unit.dropins ?? []).length === 0))
      lay(data);
  }
  const list = [...units.values()];
  return {
    data: { ...Object.fromEntries(sections), ...(list.length > 0 && { units: list }) },
    problems: all.flatMap((unit, index) => findUnitLosses(unit, ['systemd', 'units', index])),
  };
}

function unitData(unit: IgnitionUnit, dropins: NonNullable<IgnitionUnit['dropins']>): UnitData {
  const { name, contents = '', enabled, mask } = unit;
  return {
    name,
    ...(enabled === true && { enable: true }),
    ...(enabled === true && isStartedWhenEnabled(unit) && { command: 'start' }),
    ...(mask === true && { mask: true }),
    ...(dropins.length > 0 && {
      drop_ins: dropins.map((file) => ({ name: file.name, content: file.contents ?? '' })),
    }),
    ...(contents !== '' && { content: contents }),
  };
}

/** The units that a drop-in of `toIgnition` starts. */
function startedBy(unit: string, dropIn: string, contents: string): readonly string[] {
  if (unit !== startDropIn.unit || dropIn !== startDropIn.name) return [];
  return [...contents.matchAll(/^Wants=(\S+)$/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function findUnitLosses(unit: IgnitionUnit, path: DataPath): readonly DataProblem[] {
  if (unit.enabled !== false) return [];
  const message = `cloud-config disables no unit: ${quoteValue(unit.name)} stays as the system has it`;
  return [otherwise([...path, 'enabled'], message, 'write mask: true if it is never to start')];
}
