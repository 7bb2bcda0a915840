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
  const schema = told(
    z.strictObject(Object.fromEntries(fields)),
    `Options of ${section.subject}.`,
    'write a mapping of options, one a line',
  );
  const of = (config: CloudConfig): SectionOptions => config[section.name];
  return {
    key,
    schema,
    parse: (value, context) =>
      checkSection(key, value, schema, context, (written) => {
        const options = inOrder(section, written);
        const problems = [...findPlaceholders(key, options), ...findDeprecated(section, key, options)];
        return { part: { [section.name]: options }, problems };
      }),
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

function inOrder(section: OptionSection, written: Readonly<Record<string, unknown>>): SectionOptions {
  const values = new Map(Object.entries(written));
  return Object.fromEntries(
    section.options.flatMap(({ key }) => {
      const value = values.get(key);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[key, value]]
        : [];
    }),
  );
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
  { options: known }: OptionSection,
  key: DataPath,
  options: SectionOptions,
): readonly DataProblem[] {
  return known.flatMap(({ key: name, deprecated }) =>
    deprecated === undefined || options[name] === undefined ? [] : [deprecation([...key, name], deprecated)],
  );
}
