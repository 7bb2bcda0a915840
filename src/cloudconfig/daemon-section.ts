// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type DataProblem, quoteValue, told } from '../spec/index.js';
import type { CloudConfig, DaemonOptions } from './cloud-config.js';
import { checkSection, type PhasedAction, type Section, warning } from './section.js';
import { findPlaceholder } from './substitute.js';
import { writeUnitFile } from './unit-plan.js';

/** How an option of a daemon is read. */
export interface DaemonOption {
  readonly key: string;
  readonly field: z.ZodType<string | number | boolean>;
}

export interface DaemonSection {
  /** Of the section below `coreos`, and of its field in the config. */
  readonly name: 'etcd2' | 'fleet';
  /** Put before the upper-case key of each option. */
  readonly prefix: string;
  readonly unit: string;
  /** In the order in which they are written. */
  readonly options: readonly DaemonOption[];
}

/**
 * A section whose options become environment variables of a unit, in a drop-in of its own.
 *
 * Empty text, 0 and false are not written, and nothing is quoted or escaped: coreos-cloudinit f1f0405, system/env.go.
 */
export function daemonSection(daemon: DaemonSection): Section {
  const key = ['coreos', daemon.name];
  const fields = daemon.options.map(({ key, field }) => [key, field.optional()]);
  const schema = told(
    z.strictObject(Object.fromEntries(fields)),
    `Options of ${daemon.unit}.`,
    'write a mapping of options, one a line',
  );
  const of = (config: CloudConfig): DaemonOptions => config[daemon.name];
  return {
    key,
    schema,
    parse: (value, context) =>
      checkSection(key, value, schema, context, (written) => {
        const options = inOrder(daemon, written);
        return { part: { [daemon.name]: options }, problems: findPlaceholders(key, options) };
      }),
    render: (config) => (Object.keys(of(config)).length === 0 ? undefined : of(config)),
    lay: (base, over) => ({ [daemon.name]: inOrder(daemon, { ...of(base), ...of(over) }) }),
    plan: (config) => planDaemon(daemon, of(config)),
  };
}

/** Text of any kind. */
export function textOption(key: string): DaemonOption {
  const field = z
    .string()
    .regex(/^[^\p{Cc}]*$/u, { error: ({ input }) => `${quoteValue(input)} is not one line of text` });
  return { key, field: told(field, `Option ${key}.`, 'write one line of text') };
}

/** A whole number of at least 0. */
export function countOption(key: string): DaemonOption {
  const error = ({ input }: { readonly input?: unknown }) => `${quoteValue(input)} is not a whole number`;
  return {
    key,
    field: told(z.int({ error }).min(0, { error }), `Option ${key}.`, 'write digits without quotes'),
  };
}

/** A number of seconds, also with a fraction. */
export function secondsOption(key: string): DaemonOption {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quoteValue(input)} is not a number of seconds`;
  return {
    key,
    field: told(
      z.number({ error }).min(0, { error }),
      `Option ${key}.`,
      'write seconds without quotes, for example 2.5',
    ),
  };
}

export function switchOption(key: string): DaemonOption {
  return { key, field: told(z.boolean(), `Option ${key}.`, 'write true or false, without quotes') };
}

function inOrder(daemon: DaemonSection, written: Readonly<Record<string, unknown>>): DaemonOptions {
  const values = new Map(Object.entries(written));
  return Object.fromEntries(
    daemon.options.flatMap(({ key }) => {
      const value = values.get(key);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[key, value]]
        : [];
    }),
  );
}

function planDaemon(daemon: DaemonSection, options: DaemonOptions): readonly PhasedAction[] {
  const set = Object.entries(inOrder(daemon, options)).filter(
    ([, value]) => value !== '' && value !== 0 && value !== false,
  );
  if (set.length === 0) return [];
  const lines = set.map(([key, value]) => `Environment="${daemon.prefix}${key.toUpperCase()}=${value}"\n`);
  const path = `/run/systemd/system/${daemon.unit}.d/20-cloudinit.conf`;
  const action = writeUnitFile(path, `[Service]\n${lines.join('')}`, `coreos.${daemon.name}`);
  return [{ phase: 'units', action }];
}

function findPlaceholders(key: readonly string[], options: DaemonOptions): readonly DataProblem[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const found = typeof value === 'string' ? findPlaceholder(value) : undefined;
    if (found === undefined) return [];
    return [
      warning(
        [...key, name],
        `the placeholder ${quoteValue(found)} is not filled in`,
        'write the value it stands for',
      ),
    ];
  });
}
