// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type DataPath, type DataProblem, quoteValue, told } from '../../spec/index.js';
import { parseUnitFile } from '../../units/index.js';
import { type CloudConfig, type CloudUnit, unitCommands } from '../cloud-config.js';
import { isDropInName, isUnitName } from '../node-path.js';
import { checkItems, type Section } from '../section.js';
import { planUnit } from '../unit-plan.js';

const key = ['coreos', 'units'];

const dropInFields = z.strictObject({
  name: told(
    z
      .string()
      .refine(isDropInName, { error: ({ input }) => `${quoteValue(input)} is not the name of a drop-in` }),
    'Name of the drop-in.',
    'write a file name that ends in .conf, for example 10-limits.conf',
    ['10-limits.conf'],
  ),
  content: told(
    z.string().default(''),
    'What is in the drop-in.',
    'write text; several lines go below a "|"',
  ),
});

const dropIn = told(dropInFields, 'One drop-in.', 'write a mapping of name, content');

const fields = z.strictObject({
  name: told(
    z.string().refine(isUnitName, { error: ({ input }) => `${quoteValue(input)} is not the name of a unit` }),
    'Name of the unit.',
    'write a name with its kind, for example etcd2.service',
    ['etcd2.service'],
  ),
  content: told(
    z.string().default(''),
    'The unit file. Left out: the unit is there already.',
    'write text; several lines go below a "|"',
    ['[Service]\nExecStart=/usr/bin/sleep 60\n'],
  ),
  command: told(
    z
      .enum(unitCommands, { error: ({ input }) => `${quoteValue(input)} is not a command for a unit` })
      .optional(),
    'What is done with the unit once everything is written.',
    `write one of ${unitCommands.join(', ')}`,
    ['start'],
  ),
  enable: told(z.boolean().optional(), 'Whether the unit starts with the machine.', 'write true or false', [
    true,
  ]),
  mask: told(z.boolean().optional(), 'Whether the unit can never start.', 'write true or false', [true]),
  runtime: told(z.boolean().optional(), 'Whether it is gone after the next boot.', 'write true or false', [
    true,
  ]),
  drop_ins: told(
    z.array(dropIn).default([]),
    'Files that change the unit.',
    'write a list of {name, content}',
  ),
});

const unit = told(fields, 'One unit.', 'write a mapping, for example {name: etcd2.service, command: start}');

const item = unit.transform(toUnit);

const schema = told(
  z.array(unit),
  'Units: their files, and what is done with them.',
  'write a list of {name, command, content}',
);

/** `coreos.units`: unit files, drop-ins, and what is done with them. */
export const units: Section = {
  key,
  schema,
  parse: (value, context) =>
    checkItems(key, value, schema, { item, hole: noUnit }, context, (list) => ({
      part: { units: list },
      problems: list.flatMap(doubtUnit),
    })),
  render: (config) => (config.units.length === 0 ? undefined : config.units.map(fromUnit)),
  lay: (base, over) => ({ units: layUnits(base, over) }),
  plan: (config) => config.units.flatMap((unit, index) => planUnit(unit, `coreos.units[${index}]`)),
};

/** Stands for a unit that could not be read. */
const noUnit: CloudUnit = toUnit({ name: '', content: '', drop_ins: [] });

function toUnit(unit: z.output<typeof fields>): CloudUnit {
  const { name, content, command, enable, mask, runtime, drop_ins } = unit;
  return { name, content, dropIns: drop_ins, command, isEnabled: enable, isMasked: mask, isRuntime: runtime };
}

function fromUnit(unit: CloudUnit): Readonly<Record<string, unknown>> {
  return {
    name: unit.name,
    ...(unit.command !== undefined && { command: unit.command }),
    ...(unit.isEnabled !== undefined && { enable: unit.isEnabled }),
    ...(unit.isMasked !== undefined && { mask: unit.isMasked }),
    ...(unit.isRuntime !== undefined && { runtime: unit.isRuntime }),
    ...(unit.dropIns.length > 0 && { drop_ins: unit.dropIns }),
    ...(unit.content !== '' && { content: unit.content }),
  };
}

/** Units stay in their place; what the upper one says of a unit of the same name comes first. */
function layUnits(base: CloudConfig, over: CloudConfig): readonly CloudUnit[] {
  const upper = new Map(over.units.map((unit) => [unit.name, unit]));
  const lower = new Set(base.units.map((unit) => unit.name));
  const kept = base.units.map((unit) => {
    const above = upper.get(unit.name);
    return above === undefined ? unit : layUnit(unit, above);
  });
  return [...kept, ...over.units.filter((unit) => !lower.has(unit.name))];
}

function layUnit(base: CloudUnit, over: CloudUnit): CloudUnit {
  const names = new Set(over.dropIns.map((file) => file.name));
  return {
    name: base.name,
    content: over.content === '' ? base.content : over.content,
    dropIns: [...base.dropIns.filter((file) => !names.has(file.name)), ...over.dropIns],
    command: over.command ?? base.command,
    isEnabled: over.isEnabled ?? base.isEnabled,
    isMasked: over.isMasked ?? base.isMasked,
    isRuntime: over.isRuntime ?? base.isRuntime,
  };
}

function doubtUnit(unit: CloudUnit, index: number): readonly DataProblem[] {
  const path = [...key, index];
  const dropIns = unit.dropIns.flatMap((file, at) =>
    doubtText(file.content, [...path, 'drop_ins', at, 'content']),
  );
  return [...doubtText(unit.content, [...path, 'content']), ...dropIns];
}

function doubtText(content: string, path: DataPath): readonly DataProblem[] {
  const { issues } = parseUnitFile(content);
  return issues.map(({ severity, line, message, hint }) => ({
    ...{ severity, rule: 'unit-syntax', path, at: 'value', line, hint },
    message: `line ${line} of it: ${message}`,
  }));
}
