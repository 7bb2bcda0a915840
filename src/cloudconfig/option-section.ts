// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { MachineFacts } from '../model/index.js';
import { type DataPath, type DataProblem, quoteValue, told } from '../spec/index.js';
import type { CloudConfig, SectionOptions } from './cloud-config.js';
import { checkSection, deprecation, type PhasedAction, type Section, warning } from './section.js';
import { findPlaceholder } from './substitute.js';

/** How an option is read, and the name it has in an environment. */
export interface SectionOption {
  readonly key: string;
  readonly field: z.ZodType<string | number | boolean>;
  /** Where it is not the section's prefix and the key in upper case. */
  readonly variable?: string;
  /** Why it should not be used any more. */
  readonly deprecated?: string;
}

export interface OptionSection {
  /** Of the section below `coreos`, and of its field in the config. */
  readonly name: 'etcd' | 'etcd2' | 'fleet' | 'flannel' | 'locksmith' | 'oem' | 'update';
  /** What the options are of. */
  readonly subject: string;
  /** Put before the upper-case key of each option. */
  readonly prefix: string;
  /** In the order in which they are written. */
  readonly options: readonly SectionOption[];
}

/** A section that is one flat mapping of options. What becomes of them on a node is the section's own. */
export function optionSection(
  section: OptionSection,
  plan: (options: SectionOptions, facts: MachineFacts) => readonly PhasedAction[],
): Section {
  const key = ['coreos', section.name];
  const fields = section.options.map(({ key, field }) => [key, field.optional()]);
  const single = new Map(section.options.map(({ key, field }) => [key, field]));
  const deprecated = section.options.filter((option) => option.deprecated !== undefined);
  const schema = told(
    z.strictObject(Object.fromEntries(fields)),
    `Options of ${section.subject}.`,
    'write a mapping of options, one a line',
  );
  const of = (config: CloudConfig): SectionOptions => config[section.name];
  return {
    key,
    schema,
    parse: (value, context) => {
      const toPart = (written: Readonly<Record<string, unknown>>) => {
        const options = inOrder(section, written);
        const problems = [...findPlaceholders(key, options), ...findDeprecated(deprecated, key, options)];
        return { part: { [section.name]: options }, problems };
      };
      return isRight(value, single) ? toPart(value) : checkSection(key, value, schema, context, toPart);
    },
    render: (config) => (Object.keys(of(config)).length === 0 ? undefined : of(config)),
    lay: (base, over) => ({ [section.name]: inOrder(section, { ...of(base), ...of(over) }) }),
    plan: (config, facts) => plan(of(config), facts),
  };
}

/**
 * The options as variables, in order. Empty text, 0 and false are not among them, so that they cannot undo a
 * default: coreos-cloudinit f1f0405, system/env.go.
 */
export function variablesOf(
  section: OptionSection,
  options: SectionOptions,
): Readonly<Record<string, string>> {
  const set = section.options.flatMap(({ key, variable }) => {
    const value = options[key];
    if (value === undefined || value === '' || value === 0 || value === false) return [];
    return [[variable ?? `${section.prefix}${key.toUpperCase()}`, String(value)]];
  });
  return Object.fromEntries(set);
}

/** Whether each written option is right by itself: of dozens few are written, and the whole schema asks for each. */
function isRight(
  value: unknown,
  fields: ReadonlyMap<string, z.ZodType>,
): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, one]) => fields.get(key)?.safeParse(one).success === true);
}

function inOrder(section: OptionSection, written: Readonly<Record<string, unknown>>): SectionOptions {
  const options: Record<string, string | number | boolean> = {};
  for (const { key } of section.options) {
    const value = written[key];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      options[key] = value;
  }
  return options;
}

function findPlaceholders(key: DataPath, options: SectionOptions): readonly DataProblem[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const found = typeof value === 'string' ? findPlaceholder(value) : undefined;
    if (found === undefined) return [];
    const message = `the placeholder ${quoteValue(found)} is not filled in`;
    return [warning([...key, name], message, 'write the value it stands for')];
  });
}

function findDeprecated(
  known: readonly SectionOption[],
  key: DataPath,
  options: SectionOptions,
): readonly DataProblem[] {
  return known.flatMap(({ key: name, deprecated }) =>
    deprecated === undefined || options[name] === undefined ? [] : [deprecation([...key, name], deprecated)],
  );
}
